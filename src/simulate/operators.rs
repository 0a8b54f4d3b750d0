//! Operators (经营者): shops of many sorts at fixed premises, some much busier than others.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::place::{District, Premises};

/// A shop.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    /// Registered name (企业名称).
    pub(super) name: String,
    /// What people call it.
    pub(super) short: String,
    /// 统一社会信用代码
    pub(super) code: String,
    pub(super) premises: Premises,
    /// The bureau has it in its own register.
    pub(super) is_registered: bool,
    /// How much business, and so how many disputes, compared with others of its sort.
    busy: f64,
}

/// Sort, weight among shops, endings of names, whether a company.
type Sort = (&'static str, f64, &'static [&'static str], bool);

const SORTS: &[Sort] = &[
    ("supermarket", 90.0, &["超市", "生活超市", "购物广场", "鲜生超市", "量贩超市"], true),
    ("convenience", 130.0, &["便利店", "烟酒店", "小卖部", "副食店", "食杂店"], false),
    ("snack", 60.0, &["零食店", "零食铺", "休闲食品店", "炒货店"], false),
    ("bakery", 45.0, &["蛋糕房", "西饼屋", "烘焙坊", "面包店"], false),
    ("tea", 25.0, &["茶庄", "茶行", "茶叶店"], false),
    ("specialty", 45.0, &["特产店", "土特产商行", "食品专营店", "牛羊肉干店"], false),
    ("fresh", 60.0, &["生鲜店", "果蔬店", "水果店", "肉铺", "海鲜行"], false),
    ("health", 25.0, &["保健品店", "养生馆", "营养健康中心"], false),
    ("pharmacy", 110.0, &["大药房", "药店", "医药超市", "药房连锁店"], true),
    ("cosmetics", 40.0, &["化妆品店", "美妆店", "日化店"], false),
    ("optician", 15.0, &["眼镜店", "眼镜行"], false),
    ("clothes", 100.0, &["服装店", "鞋城", "服饰店", "童装店", "运动专卖店"], false),
    ("furniture", 45.0, &["家具城", "家居馆", "家私店"], true),
    ("household", 50.0, &["日用百货店", "家居用品店", "五金日杂店"], false),
    ("phone", 50.0, &["通讯店", "手机店", "数码店", "通信营业厅"], false),
    ("appliance", 45.0, &["电器商行", "家电城", "电器专卖店"], true),
    ("car", 35.0, &["汽车销售服务有限公司", "汽车贸易有限公司", "二手车行"], true),
    ("ebike", 25.0, &["电动车行", "车业"], false),
    ("building", 45.0, &["建材店", "装饰有限公司", "全屋定制店", "地板专卖店"], true),
    ("jewel", 20.0, &["珠宝店", "金店", "首饰行"], false),
    ("toy", 25.0, &["玩具店", "文具店", "母婴店"], false),
    ("restaurant", 170.0, &["餐厅", "火锅店", "烧麦馆", "饭店", "烤肉店", "面馆", "小吃店"], false),
    ("takeaway", 60.0, &["快餐店", "奶茶店", "麻辣烫店", "炸鸡店"], false),
    ("hotel", 40.0, &["酒店", "宾馆", "公寓酒店", "旅馆"], true),
    ("gym", 22.0, &["健身房", "健身工作室", "瑜伽馆", "健身俱乐部"], true),
    ("swim", 10.0, &["游泳馆", "婴儿游泳馆"], true),
    ("beauty", 60.0, &["美容院", "美容会所", "护肤中心", "皮肤管理中心"], false),
    ("hair", 50.0, &["理发店", "美发沙龙", "造型店"], false),
    ("bath", 18.0, &["洗浴中心", "浴池", "汗蒸馆"], false),
    ("carwash", 25.0, &["洗车店", "汽车美容店"], false),
    ("photo", 18.0, &["摄影工作室", "儿童摄影", "影楼"], false),
    ("leisure", 30.0, &["KTV", "电影院", "儿童乐园", "剧本推理馆"], true),
    ("education", 55.0, &["艺术培训学校", "教育咨询有限公司", "驾校", "舞蹈工作室", "托管中心"], true),
    ("express", 20.0, &["快递驿站", "快递营业部"], false),
    ("laundry", 18.0, &["干洗店", "洗衣店"], false),
    ("parking", 12.0, &["停车场", "停车管理有限公司"], true),
    ("repair", 30.0, &["汽修厂", "维修部", "家政维修店"], false),
    ("travel", 12.0, &["旅行社", "国际旅行社分社"], true),
    ("agency", 20.0, &["家政服务部", "房产中介", "信息咨询服务部"], true),
];

const FIRST: &str = "鑫恒美佳隆聚旺祥瑞安康宝世诚金源和泰福盛达润悦亿宏益乐永嘉裕惠昌兴丰华尚优味品雅馨";
const SECOND: &str = "和源隆美佳旺祥泰康达盛悦润华昌兴丰惠诚顺鑫宝联通达雅香味园轩阁坊斋汇雅诺尔";

/// All shops of a world, by sort.
pub(super) struct Operators {
    pub(super) shops: Vec<Shop>,
    by_sort: BTreeMap<&'static str, Vec<usize>>,
}

impl Operators {
    /// About `count` shops, at least four of each sort.
    pub(super) fn new(count: usize, dice: &mut Dice) -> Self {
        let all: f64 = SORTS.iter().map(|(_, weight, _, _)| weight).sum();
        let (mut shops, mut by_sort) = (Vec::new(), BTreeMap::new());
        for (sort, weight, endings, is_company) in SORTS {
            let of_sort = super::dice::part(count, weight / all).max(4);
            let first = shops.len();
            shops.extend((0..of_sort).map(|rank| shop(rank, endings, *is_company, dice)));
            by_sort.insert(*sort, (first..shops.len()).collect::<Vec<usize>>());
        }
        Self { shops, by_sort }
    }

    /// Shops of the sorts named.
    pub(super) fn of(&self, sorts: &[String]) -> Vec<usize> {
        sorts.iter().filter_map(|sort| self.by_sort.get(sort.as_str())).flatten().copied().collect()
    }

    /// A shop as customers come to it: the busy ones more often.
    pub(super) fn visited(&self, sorts: &[String], dice: &mut Dice) -> usize {
        let shops = self.of(sorts);
        shops[dice.weighted(shops.iter().map(|at| self.shops[*at].busy))]
    }

    /// A shop as someone comes to it who goes from door to door.
    pub(super) fn any(&self, sorts: &[String], dice: &mut Dice) -> usize {
        let shops = self.of(sorts);
        shops[dice.index(shops.len())]
    }
}

fn shop(rank: usize, endings: &[&'static str], is_company: bool, dice: &mut Dice) -> Shop {
    let one =
        |from: &str, dice: &mut Dice| from.chars().nth(dice.index(from.chars().count())).unwrap_or('鑫');
    let brand: String = [one(FIRST, dice), one(SECOND, dice)].iter().collect();
    let ending = dice.pick(endings);
    let short = format!("{brand}{ending}");
    let head = dice.choose(&[(45.0, "昆都仑区"), (22.0, "包头市"), (13.0, "包头市昆都仑区"), (20.0, "")]);
    let tail = if is_company && !ending.ends_with("公司") && dice.chance(0.35) {
        "有限责任公司"
    } else {
        ""
    };
    let code = credit_code(is_company, dice);
    Shop {
        name: format!("{head}{short}{tail}"),
        short,
        // By its number, not by the dice: who is registered moves nothing else.
        is_registered: code.bytes().map(u32::from).sum::<u32>() % 3 == 0,
        code,
        premises: District::premises(dice),
        busy: 1.0 / (rank as f64 + 3.0).powf(0.75),
    }
}

/// A credit code with right check digits (GB 32100-2015, with an organisation code of GB 11714 inside).
fn credit_code(is_company: bool, dice: &mut Dice) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let value = |byte: u8| -> i64 {
        DIGITS.iter().position(|digit| *digit == byte).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
    };
    let mut body = String::from("MA");
    for _ in 0..6 {
        body.push(char::from(DIGITS[dice.index(DIGITS.len())]));
    }
    // GB 11714 counts letters from A = 10 without leaving any out.
    let plain = |byte: u8| i64::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 });
    let sum: i64 =
        body.bytes().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(byte, weight)| plain(byte) * weight).sum();
    let inner = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]),
    };
    let code = format!("{}150203{body}{inner}", if is_company { "91" } else { "92" });
    let mut weight = 1;
    let mut sum = 0;
    for byte in code.bytes() {
        sum += value(byte) * weight;
        weight = weight * 3 % 31;
    }
    let check = usize::try_from((31 - sum % 31) % 31).unwrap_or(0);
    format!("{code}{}", char::from(DIGITS[check]))
}
