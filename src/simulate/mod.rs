//! A made-up district (模拟辖区): shops, people, claimants and officers, and two years of what they send and decide.
//!
//! An agent model, not a table of random features. Operators stand at addresses of a fixed gazetteer (`place`,
//! `operators`); people ([`Kind`]) have a reason to complain, a manner of doing it and a history (`claimants`, `buyers`,
//! `honest`, `busy`, `stage`); officers decide, make mistakes and forget (`officers`). All wording is drawn from one phrase
//! grammar (`grammar`, `data/phrases.txt`) and one catalogue of troubles (`data/matters.toml`), shared by honest
//! people and professionals: a claimant is known by what they do over time, not by a word.
//!
//! The same [`Options`] give the same bytes. Nobody and nothing in it exists; only the names of sub-districts do.

mod address;
mod busy;
mod buyers;
mod catalogue;
mod claimants;
mod contact;
mod dice;
mod grammar;
mod honest;
mod item;
mod officers;
mod operators;
mod options;
mod people;
mod place;
mod reword;
mod rhythm;
mod stage;
mod write;

pub use item::{Kind, Track, Truth};
pub use options::{Options, Setting};

use dice::Dice;
use item::{Cell, Draft};
use officers::{Handling, Officers, expected_unit};
use stage::Stage;

/// Why there is no world.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// An option is out of range; the text says which.
    #[error("{0}")]
    Option(&'static str),
    /// The sample bureau file does not fit the gazetteer.
    #[error("样例机构文件与模拟辖区的道路表不符")]
    Sample,
    /// Built-in data cannot be read.
    #[error("内置数据无法读取")]
    Data(#[from] toml::de::Error),
    /// A file cannot be written.
    #[error("无法写入文件")]
    Io(#[from] std::io::Error),
    /// The sheet cannot be written.
    #[error("无法写入 Excel 文件")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    /// A CSV file cannot be written.
    #[error("无法写入 CSV 文件")]
    Csv(#[from] csv::Error),
}

/// Headers of the export (导出表头), in order.
pub const HEADERS: [&str; 32] = [
    "登记编号",
    "登记时间",
    "类型",
    "接收方式",
    "提供方姓名",
    "提供方联系方式",
    "提供方证件号码",
    "提供方地址",
    "企业名称",
    "统一社会信用代码",
    "企业地址",
    "客体类别全称",
    "问题类别全称",
    "销售方式",
    "消费金额(单位:元)",
    "诉求内容",
    "具体问题",
    "事发地",
    "初查受理状态",
    "不予受理原因",
    "办理情况状态",
    "处理机构",
    "办结时间",
    "挽回经济损失(单位:元)",
    "疑似职业索赔",
    "收货地址",
    "电子邮箱",
    "收款账户",
    "商品名称",
    "订单号",
    "购买数量",
    "争议发生时间",
];

/// A finished world (模拟世界): the export, what is true of it, and the bureau file.
pub struct World {
    rows: Vec<[Cell; 32]>,
    truths: Vec<Truth>,
    bureau_file: String,
}

/// Makes a world.
pub fn simulate(options: &Options) -> Result<World, SimulateError> {
    options.check()?;
    let mut stage = Stage::new(options)?;
    let suspected = dice::part(options.items, options.share);
    claimants::run(&mut stage, suspected);
    honest::run(&mut stage, options.items - suspected);
    let mut drafts = std::mem::take(&mut stage.drafts);
    drafts.truncate(options.items);
    drafts.sort_by_key(|draft| (draft.day, draft.second));

    let mut officers = Officers::new(options.seed, options.until);
    let mut clerk = Clerk::new(options);
    let (mut rows, mut truths) = (Vec::with_capacity(drafts.len()), Vec::with_capacity(drafts.len()));
    for (at, draft) in drafts.iter().enumerate() {
        let number = format!("1150203{}{:06}", draft.day.to_string().replace('-', ""), at % 1_000_000);
        let handling = officers.handle(draft, &stage);
        truths.push(truth(&number, draft, &stage));
        rows.push(clerk.row(number, draft, &handling, &stage));
    }
    Ok(World { rows, truths, bureau_file: stage.district.bureau_file })
}

impl World {
    /// What is true of each row, in the order of the rows.
    pub fn truths(&self) -> &[Truth] {
        &self.truths
    }

    /// The bureau file (机构文件) of this world.
    pub fn bureau_file(&self) -> &str {
        &self.bureau_file
    }
}

fn truth(number: &str, draft: &Draft, stage: &Stage) -> Truth {
    let area = stage.district.subdistrict(stage.operators.shops[draft.shop].premises);
    Truth {
        number: number.to_owned(),
        kind: draft.kind,
        suspected: draft.kind.is_professional(),
        agent: draft.agent,
        subdistrict: area.map(|area| area.code.clone()).unwrap_or_default(),
        subdistrict_name: area.map(|area| area.name.clone()).unwrap_or_default(),
        unit: expected_unit(draft, stage),
        form: draft.root,
        address: draft.shop_address.form,
        template: draft.template,
    }
}

/// Who writes the rows: some cells masked, some left empty.
struct Clerk {
    dice: Dice,
    contacts: Dice,
    mask: f64,
    thin: bool,
}

impl Clerk {
    fn new(options: &Options) -> Self {
        let dice = |stream| Dice::new(options.seed, stream);
        Self {
            dice: dice(4),
            contacts: dice(8),
            mask: options.mask_share(),
            thin: options.setting == Setting::Thin,
        }
    }

    fn row(&mut self, number: String, draft: &Draft, handling: &Handling, stage: &Stage) -> [Cell; 32] {
        let Self { dice: clerk, contacts, mask, thin } = self;
        let mask = *mask;
        let mut personal = |text: &str, blank: f64| match clerk.unit() {
            drawn if drawn < mask => Cell::Text("*****".to_owned()),
            drawn if drawn < mask + blank => Cell::Blank,
            _ => Cell::from(text),
        };
        let proves_identity = draft.channel == item::Channel::Platform;
        let name = personal(&draft.person.name, 0.03);
        let phone = personal(&draft.person.phone, 0.025);
        let resident_id = personal(&draft.person.resident_id, if proves_identity { 0.2 } else { 0.72 });
        let address = personal(&draft.person.address, if proves_identity { 0.03 } else { 0.2 });
        let shop = &stage.operators.shops[draft.shop];
        let is_registered = draft.shop_name == shop.name;
        let no_code = draft.shop_name.is_empty() || clerk.chance(if is_registered { 0.12 } else { 0.55 });
        let as_date = clerk.chance(0.06);
        let is_inquiry = draft.track == Track::Inquiry;
        let sales_mode = sales_mode(is_inquiry, draft.online);
        let object = if is_inquiry { "" } else { draft.object.as_str() };
        let [parcels, email, account] = contact::cells(draft, mask, contacts);
        let [product, order, quantity, bought] = purchase(draft, *thin, contacts);
        [
            Cell::Text(number),
            Cell::Time(draft.received(), as_date),
            draft.track.zh().into(),
            draft.channel.zh().into(),
            name,
            phone,
            resident_id,
            address,
            draft.shop_name.as_str().into(),
            if no_code { Cell::Blank } else { shop.code.as_str().into() },
            draft.shop_address.text.as_str().into(),
            object.into(),
            draft.problem.as_str().into(),
            sales_mode.into(),
            draft.amount.map_or(Cell::Blank, Cell::Number),
            draft.demands.as_str().into(),
            draft.text.as_str().into(),
            draft.scene.as_str().into(),
            handling.check.into(),
            handling.reason.into(),
            handling.status.into(),
            handling.unit.as_str().into(),
            handling.closed.map_or(Cell::Blank, |at| Cell::Time(at, as_date)),
            handling.recovered.map_or(Cell::Blank, Cell::Number),
            handling.mark.into(),
            parcels,
            email,
            account,
            product,
            order,
            quantity,
            bought,
        ]
    }
}

/// 销售方式
fn sales_mode(is_inquiry: bool, online: bool) -> &'static str {
    match (is_inquiry, online) {
        (true, _) => "",
        (false, true) => "网购",
        (false, false) => "现场购物",
    }
}

/// 商品名称, 订单号, 购买数量, 争议发生时间 as the export shows them; a thin one has none of them.
fn purchase(draft: &Draft, thin: bool, dice: &mut Dice) -> [Cell; 4] {
    let on_platform = draft.channel == item::Channel::Platform;
    let filled_in =
        |share: f64, dice: &mut Dice| dice.chance(share) && !thin && draft.track != Track::Inquiry;
    let order = if on_platform { 0.9 } else { 0.3 };
    let cells = [
        (0.75, Cell::from(draft.product.as_str())),
        (order, Cell::from(draft.order.as_str())),
        (if on_platform { 0.5 } else { 0.15 }, Cell::Number(draft.quantity as f64)),
        (0.55, Cell::Time(draft.bought.start().plus_seconds(12 * 3_600), true)),
    ];
    cells.map(|(share, cell)| if filled_in(share, dice) { cell } else { Cell::Blank })
}

#[cfg(test)]
mod tests;
