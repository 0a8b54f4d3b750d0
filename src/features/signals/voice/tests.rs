use proptest::prelude::*;

use super::*;
use crate::features::signals::{phrase_lists::lists_as, squeeze};

/// Words of each list, with a sentence around `_` in which they are the complainant's own.
const OWN: [(List, &str, &str); 15] = [
    (List::Formal, "构成欺诈", "商家的行为_"),
    (List::Label, "中文标签", "面包上没有_"),
    (List::Label, "生产批号", "面包上没有_"),
    (List::Absolute, "第一", "海报写着_"),
    (List::Expired, "过期", "买的面包_三天"),
    (List::Harm, "拉肚子", "孩子吃完_"),
    (List::Service, "余额", "店关门了，还剩_五百元"),
    (List::Proof, "小票", "我有_"),
    (List::NoProof, "没留小票", "当时_"),
    (List::Knowing, "为取证", "本人_又买一袋"),
    (List::Punitive, "惩罚性赔偿", "请求_"),
    (List::Minimum1000, "最低1000", "请求赔偿_元"),
    (List::SplitOrders, "分开下单", "当天_"),
    (List::Buying, "购买", "五月_面包二十袋"),
    (List::Agent, "委托书", "附有_"),
];

/// What is cited, in the same way.
const CITED_WORDS: [(&str, &str); 4] = [
    ("《食品安全法》第148条", "违反_"),
    ("148条", "依据_要求赔偿"),
    ("GB 7718", "不符合_"),
    ("《反垄断法》", "违反_"),
];

/// In the sentences of what one has heard they are nobody's: in one clause, behind a stop, and in what one may do.
const HEARD: [&str; 5] = [
    "听说_可以要求赔偿",
    "网上说，_的可以赔",
    "据说这种事很多，_都可以要求赔偿",
    "朋友说_可以要求赔偿",
    "听说我可以以_要求赔偿",
];

fn has(text: &str, list: List) -> bool {
    has_as(text, list, Reading::LATEST)
}

fn has_as(text: &str, list: List, reading: Reading) -> bool {
    let text = squeeze(text);
    lists_as(reading).own(&text).iter().any(|hit| hit.what == What::Phrase(list))
}

fn cites(text: &str) -> bool {
    let text = squeeze(text);
    let lists = lists_as(Reading::LATEST);
    !crate::features::signals::citation::citations(lists, &text, &lists.own(&text)).is_empty()
}

#[test]
fn what_one_has_heard_is_nobodys_word_of_any_list() {
    let mut wrong = Vec::new();
    for (list, word, own) in OWN {
        let mut judge = |text: String, expected: bool| {
            if has(&text, list) != expected {
                wrong.push(format!("{list:?}: {text}"));
            }
        };
        let own = own.replace('_', word);
        judge(own.clone(), true);
        judge(format!("听说可以赔。{own}"), true);
        judge(format!("听说这家店不错，后来{own}"), true);
        judge(format!("听说这家店不错，结果{own}。"), true);
        for heard in HEARD {
            let text = heard.replace('_', word);
            // Decisions before version 6 took it for the complainant's, and are replayed so.
            let before = has_as(&text, list, Reading::Spoken);
            assert_eq!(before, word != "生产批号", "{list:?}: {text}");
            judge(text, false);
        }
    }
    for (word, own) in CITED_WORDS {
        let own = own.replace('_', word);
        for (text, expected) in [(own.clone(), true), (format!("听说可以赔，但{own}"), true)]
            .into_iter()
            .chain(HEARD.map(|heard| (heard.replace('_', &own), false)))
        {
            if cites(&text) != expected {
                wrong.push(format!("citation: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of what kind it is, of which lists, others' words, and the complainant's own.
type Case = (&'static str, &'static [List], &'static [&'static str], &'static [&'static str]);

/// Every list that something takes words from, with sentences of each kind. Lists that no voice takes words from tell of things.
#[test]
fn what_others_say_or_nobody_did_is_no_word_of_the_complainants() {
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("denied", &[List::Label, List::Expired, List::Service],
            &["不是标签问题", "投诉的不是面包过期", "并非因为押金", "标签没有问题，就是味道不对"],
            &["这不是过期了吗", "没有中文标签", "商家不退押金", "是不是过期了，店家不说"]),
        ("denied", &[List::Harm],
            &["没有出现过敏", "吃了也不拉肚子", "并未造成受伤", "不是食物中毒"],
            &["吃完就拉肚子", "没有人管，孩子过敏了"]),
        ("denied", &[List::Formal, List::Knowing, List::SplitOrders, List::Agent, List::Buying],
            &["不构成欺诈", "我不是为了取证", "没有分单结账", "没有委托书", "没有购买"],
            &["商家构成欺诈", "为了取证又买", "分单结账", "附委托书", "购买面包"]),
        ("feared or supposed", &[List::Harm],
            &["有滑倒受伤的风险", "万一吃了拉肚子", "担心孩子过敏", "如果吃出异物怎么办", "爆炸都有可能"],
            &["担心的事来了，孩子过敏", "如果早说我就不吃了，结果拉肚子"]),
        ("feared or supposed", &[List::Expired, List::Label, List::NoProof, List::SplitOrders],
            &["如果面包过期怎么办", "倘若没有标签呢", "如果没有小票还能投诉吗", "假如分开下单呢"],
            &["面包过期了，如果不处理我就曝光", "主要是没有标签", "抖音上说能降血糖，我就买了"]),
        ("said by the shop", &[List::Formal, List::Knowing, List::NoProof, List::SplitOrders],
            &["店家说我为取证", "老板称这不算构成欺诈", "客服认为我分开下单", "店员怀疑为取证而来"],
            &["我对店家说为取证", "店家不说话，我为取证又买", "店家说让我走，我当天分开下单"]),
        ("quoted", &[List::Harm, List::Expired, List::Formal],
            &["老板说：“拉肚子关我什么事”", "店员回复：“没事。过期的都下架了”", "客服答复:\"不构成欺诈\""],
            &["老板说：“不退”，我吃了拉肚子", "包装写着“新鲜”，已经过期"]),
    ];
    #[rustfmt::skip]
    let meant: &[Case] = &[
        ("only named", &[List::Label],
            &["配料表：牛奶、白砂糖，净含量：40克", "执行标准：Q/AB1234S", "外包装标注的生产日期是4月26日，里面有一团纸",
                "他看瓶身上的标签，已经过期三天", "孩子被老师贴了标签", "味道怪，打开一看，生产日期标注是八月"],
            &["净含量：无", "执行标准：已作废", "标注的净含量是500克，实际只有400克", "配料表里没有写添加剂", "该产品的标签，存在瑕疵",
                "标签上的日期，后来改过", "看了一下，没有标签"]),
        ("no goods", &[List::Label],
            &["三无人员出了事", "新车成了三无车辆", "司机宣称是急救车", "据学校宣称师资好", "花瓣是非食品级材料"],
            &["买到三无面膜", "是三无的", "商家宣称能治病", "宣称食品级，拿不出报告"]),
        ("label", &[List::Label], &[],
            &["瓶上没有任何中文字样", "电视上播虚假医药广告", "把保健品当药品宣传", "宣传抗氧化等保健功能"]),
    ];
    let mut wrong = Vec::new();
    for (kind, of, others, own) in cases.iter().chain(meant) {
        let is_own = |text: &str| of.iter().any(|list| has(text, *list));
        wrong.extend(others.iter().filter(|text| is_own(text)).map(|text| format!("{kind}: others' {text}")));
        wrong.extend(own.iter().filter(|text| !is_own(text)).map(|text| format!("{kind}: own {text}")));
    }
    for text in ["商家称符合GB 7718", "店员回复：“不属于食品安全法第148条”", "我不引用食品安全法148条"]
    {
        wrong.extend(cites(text).then(|| format!("cited: {text}")));
    }
    for text in [
        "商家没有按照食品安全法第34条标注",
        "我对老板说违反食品安全法",
        "商家名称和说明书都不符合GB 7718",
        "店家说不管，依据食品安全法148条请求处理",
    ] {
        wrong.extend((!cites(text)).then(|| format!("not cited: {text}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

proptest! {
    /// Without any of the context's words, whatever stands around a word leaves it the complainant's.
    #[test]
    fn a_plain_text_is_the_complainants_own(before in "[甲乙丙丁戊，。]{0,12}", after in "[甲乙丙丁戊，。]{0,12}") {
        for (list, word, own) in OWN {
            let text = format!("{before}{}{after}", own.replace('_', word));
            prop_assert!(has(&text, list), "{text}");
        }
    }
}
