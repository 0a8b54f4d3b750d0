//! The district while its two years run: agents act here, and what they send is kept.

use super::SimulateError;
use super::address::Written;
use super::catalogue::{Ask, Matter};
use super::dice::Dice;
use super::grammar::{Fill, Grammar, Voice};
use super::item::{Channel, Draft, Kind, Track};
use super::operators::Operators;
use super::options::{Options, Setting};
use super::people::Person;
use super::place::District;
use super::reword::Rewording;
use super::rhythm::{Period, date};

/// How a sort of people goes about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Weights of platform, city hotline, phone, letter, counter.
    pub(super) channels: [f64; 5],
    /// Weights of plain, short, formal, AI-written, where they write themselves.
    pub(super) registers: [f64; 4],
    /// Share that asks for punitive damages where the law knows them.
    pub(super) punitive: f64,
    /// Share bought online, before the matter's own factor.
    pub(super) online: f64,
    /// 1 for any price of the range, more for the cheap end.
    pub(super) cheap: f64,
}

/// One thing someone sends.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) agent: u32,
    pub(super) kind: Kind,
    pub(super) person: Person,
    /// Days from the first of the period.
    pub(super) day: i64,
    pub(super) track: Track,
    pub(super) matter: usize,
    pub(super) shop: usize,
    /// Which of the matter's goods; any when none.
    pub(super) good: Option<usize>,
    /// Which of its facts; any when none.
    pub(super) fact: Option<usize>,
    /// Section the text begins with, when it is not left to channel and manner.
    pub(super) root: Option<&'static str>,
    pub(super) channel: Option<Channel>,
    /// The purchase, with the day of the first complaint about it: what is told of it again has the same number and
    /// day. A new one when none.
    pub(super) purchase: Option<(u64, i64)>,
    /// Pieces bought; a few when none.
    pub(super) quantity: Option<i64>,
    /// Orders that the purchase was cut into.
    pub(super) orders: i64,
    /// Template of the wording; a new one for each text when none.
    pub(super) template: Option<u64>,
    pub(super) drift: f64,
    pub(super) manner: Manner,
}

/// Everything the agents share.
pub(super) struct Stage {
    pub(super) district: District,
    pub(super) operators: Operators,
    pub(super) matters: Vec<Matter>,
    pub(super) period: Period,
    pub(super) dice: Dice,
    /// How addresses are written.
    places: Dice,
    pub(super) drafts: Vec<Draft>,
    /// How large events are, 1 in the model case: they grow with the world, unless there are to be more of them.
    pub(super) grown: f64,
    /// How many times the usual look-alikes there are.
    pub(super) lookalikes: u32,
    /// Templates that stand on the web (网上的投诉模板): honest people and claimants copy the same ones.
    pub(super) web_templates: Vec<u64>,
    grammar: Grammar,
    rewording: Rewording,
    channels: [f64; 5],
    agents: u32,
}

const SHOPS_AN_ITEM: f64 = 0.11;
/// Items of the model case (昆都仑区, two years).
const MODEL_CASE: f64 = 14_291.0;

impl Stage {
    pub(super) fn new(options: &Options) -> Result<Self, SimulateError> {
        let mut district = District::new()?;
        let mut dice = Dice::new(options.seed, 1);
        let shops = super::dice::part(options.items, SHOPS_AN_ITEM).max(250);
        let operators = Operators::new(shops, &mut dice);
        district.register(&operators.shops)?;
        let mut matters = super::catalogue::matters()?;
        if options.setting == Setting::MovedPrices {
            let mut prices = Dice::new(1, 3);
            matters
                .iter_mut()
                .flat_map(|matter| &mut matter.goods)
                .for_each(|good| good.reprice(&mut prices));
        }
        Ok(Self {
            district,
            operators,
            matters,
            period: Period::new(options.until, options.months),
            drafts: Vec::with_capacity(options.items),
            grown: options.items as f64 / MODEL_CASE / f64::from(options.lookalikes),
            lookalikes: options.lookalikes,
            web_templates: (0..14).map(|_| dice.seed()).collect(),
            dice,
            places: Dice::new(options.seed, 16),
            grammar: Grammar::new(include_str!("data/phrases.txt"), options.setting.dialect()),
            rewording: Rewording::new(include_str!("data/synonyms.txt"), options.setting),
            channels: options.setting.channels(),
            agents: 0,
        })
    }

    /// A number for a new agent.
    pub(super) fn new_agent(&mut self) -> u32 {
        self.agents += 1;
        self.agents
    }

    /// The position of a matter; the first when there is none of that name.
    pub(super) fn matter(&self, id: &str) -> usize {
        self.matters.iter().position(|matter| matter.id == id).unwrap_or(0)
    }

    /// What an ordinary consumer complains about.
    pub(super) fn ordinary_matter(&mut self) -> usize {
        self.dice.weighted(self.matters.iter().map(|matter| matter.honest))
    }

    /// A shop where the matter happens, the busy ones more often.
    pub(super) fn visited(&mut self, matter: usize) -> usize {
        self.operators.visited(&self.matters[matter].shops, &mut self.dice)
    }

    /// A complaint of an ordinary person about an ordinary matter; agents change what is theirs.
    pub(super) fn plan(&mut self, agent: u32, kind: Kind, person: &Person, manner: Manner) -> Plan {
        let matter = self.ordinary_matter();
        let shop = self.visited(matter);
        Plan {
            agent,
            kind,
            person: person.clone(),
            day: self.period.some_day(0, self.period.days(), &mut self.dice),
            track: Track::Complaint,
            matter,
            shop,
            good: None,
            fact: None,
            root: None,
            channel: None,
            purchase: None,
            quantity: None,
            orders: 1,
            template: None,
            drift: 0.0,
            manner,
        }
    }

    /// Sends it.
    pub(super) fn send(&mut self, plan: Plan) {
        let weights = plan.manner.channels.iter().zip(&self.channels).map(|(usual, moved)| usual * moved);
        let drawn = Channel::ALL[self.dice.weighted(weights)];
        let channel = plan.channel.unwrap_or(drawn);
        let root = plan.root.unwrap_or_else(|| root(&plan, channel, &mut self.dice));
        let (purchase, complained) = plan.purchase.unwrap_or_else(|| (self.dice.seed(), plan.day));
        let scene = Scene::new(self, &plan, purchase);
        let voice = Voice {
            template: plan.template.unwrap_or_else(|| self.dice.seed()),
            drift: self.rewording.drift(plan.drift),
            text: self.dice.seed(),
        };
        let text = self.grammar.say(root, voice, &|name| scene.fill(name));
        let text = self.rewording.tell(text, voice.text);
        let text = roughen(text, channel, &mut self.dice);
        let matter = &self.matters[plan.matter];
        let shop = &self.operators.shops[plan.shop];
        let is_report = plan.track == Track::Report;
        let knows_name = channel == Channel::Platform || self.dice.chance(0.6);
        let draft = Draft {
            day: self.period.day(plan.day),
            second: Period::some_second(channel, &mut self.dice),
            agent: plan.agent,
            kind: plan.kind,
            track: plan.track,
            channel,
            shop: plan.shop,
            shop_name: if knows_name { shop.name.clone() } else { shop.short.clone() },
            shop_address: match channel {
                Channel::Platform if self.dice.chance(0.45) => self.district.as_registered(shop.premises),
                _ => self.district.written(shop.premises, &mut self.dice, &mut self.places),
            },
            scene: if self.dice.chance(0.3) {
                self.district.written(shop.premises, &mut self.dice, &mut self.places).text
            } else {
                String::new()
            },
            product: scene.good.clone(),
            quantity: scene.quantity,
            order: if scene.online {
                format!("D{:012}", purchase % 1_000_000_000_000)
            } else {
                String::new()
            },
            bought: self.period.day(complained - scene.ago),
            object: matter.object.clone(),
            problem: if is_report { matter.report_problem(scene.online) } else { matter.complaint_problem() },
            online: scene.online,
            amount: (!self.dice.chance(if is_report { 0.5 } else { 0.12 })).then_some(scene.total),
            demands: if is_report { String::new() } else { demands(scene.ask, &mut self.dice) },
            text,
            root,
            template: plan.template,
            person: plan.person,
        };
        self.drafts.push(draft);
    }

    /// A question (咨询).
    pub(super) fn inquire(&mut self, person: &Person) {
        let agent = self.new_agent();
        let manner = super::honest::CONSUMER;
        let plan = Plan { root: Some("consult"), ..self.plan(agent, Kind::Consumer, person, manner) };
        let plan = Plan { track: Track::Inquiry, channel: Some(Channel::Phone), ..plan };
        self.send(plan);
        if let Some(draft) = self.drafts.last_mut() {
            (draft.amount, draft.demands, draft.scene) = (None, String::new(), String::new());
            (draft.shop_name, draft.shop_address) = (String::new(), Written::default());
            "咨询->法律法规咨询".clone_into(&mut draft.problem);
        }
    }
}

/// The section a text begins with, by who writes it down.
fn root(plan: &Plan, channel: Channel, dice: &mut Dice) -> &'static str {
    if plan.track == Track::Report {
        return "report";
    }
    let [plain, short, formal, ai] = plan.manner.registers;
    // Whoever calls with a finished text has it pasted in.
    let pasted = formal / (plain + short + formal + ai);
    let own = [(plain, "plain"), (short, "short"), (formal, "formal"), (ai, "ai")];
    match channel {
        Channel::Letter => "letter",
        Channel::CityHotline | Channel::Phone if dice.chance(0.95 - 0.4 * pasted) => "transcript",
        Channel::Counter if dice.chance(0.7) => "transcript",
        _ => dice.choose(&own),
    }
}

/// The facts that a text can speak of.
struct Scene {
    online: bool,
    ask: Ask,
    total: f64,
    good: String,
    unit: String,
    quantity: i64,
    shop: String,
    fact: String,
    place: String,
    name: String,
    phone: String,
    bought: String,
    /// Days since the purchase.
    ago: i64,
    orders: i64,
    dated: String,
    days: i64,
    small: i64,
    amount: i64,
    is_service: bool,
    is_food: bool,
    burst: &'static str,
}

impl Scene {
    fn new(stage: &mut Stage, plan: &Plan, purchase: u64) -> Self {
        let dice = &mut stage.dice;
        let matter = &stage.matters[plan.matter];
        let shop = &stage.operators.shops[plan.shop];
        let good = &matter.goods[plan.good.unwrap_or_else(|| dice.index(matter.goods.len()))];
        let fact = plan.fact.unwrap_or_else(|| dice.index(matter.facts.len()));
        let usual = good.price(dice.unit().powf(plan.manner.cheap), dice);
        let dear = usual > 150.0 || matter.is_service();
        let price = good.asked(usual);
        let few = if dear { 1 } else { dice.choose(&[(62.0, 1), (20.0, 2), (8.0, 3), (6.0, 5), (4.0, 10)]) };
        let quantity = plan.quantity.unwrap_or(few);
        let ago = Dice::new(purchase, 9).heavy(1, 0.9, 40) - 1;
        let bought = day_words(stage.period.day(plan.day).0, ago, dice);
        let dated = day_words(stage.period.day(plan.day).0, ago + dice.range(3, 60), dice);
        Self {
            online: dice.chance((plan.manner.online * matter.online).min(0.95)),
            ask: ask(matter.ask, plan.manner.punitive, dice),
            total: (price * quantity as f64 * 10.0).round() / 10.0,
            good: good.name.clone(),
            unit: good.unit.clone(),
            quantity,
            shop: if dice.chance(0.72) { shop.short.clone() } else { shop.name.clone() },
            fact: matter.facts[fact].clone(),
            place: District::spoken(shop.premises, dice),
            name: plan.person.name.clone(),
            phone: plan.person.phone.clone(),
            bought,
            ago,
            orders: plan.orders,
            dated,
            days: dice.range(2, 40),
            small: dice.range(2, 60) * if price > 300.0 { 10 } else { 1 },
            amount: super::dice::whole(price * (0.25 + 0.7 * dice.unit())).max(20),
            is_service: matter.is_service(),
            is_food: matter.ask == Ask::Food,
            burst: dice.pick(&["burst_recall", "burst_platform", "burst_media"]),
        }
    }

    fn fill(&self, name: &str) -> Option<Fill> {
        let words = |words: &str| Some(Fill::Words(words.to_owned()));
        match name {
            "shop" => words(&self.shop),
            "good" => words(&self.good),
            "unit" => words(&self.unit),
            "qty" => words(&self.quantity.to_string()),
            "price" => words(&self.total.to_string()),
            "fact" => words(&self.fact),
            "place" => words(&self.place),
            "name" => words(&self.name),
            "phone" => words(&self.phone),
            "date" => words(&self.bought),
            "date2" => words(&self.dated),
            "orders" => words(&self.orders.to_string()),
            "days" => words(&self.days.to_string()),
            "small" => words(&self.small.to_string()),
            "amount" => words(&self.amount.to_string()),
            "buy_goods_or_service" => {
                Some(Fill::Section(if self.is_service { "buy_service" } else { "buy_goods" }))
            }
            "told_goods_or_service" => {
                Some(Fill::Section(if self.is_service { "told_service" } else { "told_goods" }))
            }
            "statute_kind" => {
                Some(Fill::Section(if self.is_food { "statute_food" } else { "statute_other" }))
            }
            "burst_kind" => Some(Fill::Section(self.burst)),
            "ask_kind" => Some(Fill::Section(self.ask.sections()[0])),
            "told_ask_kind" => Some(Fill::Section(self.ask.sections()[1])),
            "claim_kind" => Some(Fill::Section(self.ask.sections()[2])),
            _ => None,
        }
    }
}

fn ask(usual: Ask, punitive: f64, dice: &mut Dice) -> Ask {
    match usual {
        Ask::Food | Ask::Triple if dice.chance(punitive) => usual,
        Ask::Food | Ask::Triple => {
            dice.choose(&[(48.0, Ask::Refund), (36.0, Ask::Check), (9.0, Ask::Apology), (7.0, Ask::Repair)])
        }
        _ if dice.chance(0.12 * punitive) => Ask::Triple,
        _ => dice.choose(&[(80.0, usual), (10.0, Ask::Check), (7.0, Ask::Refund), (3.0, Ask::Apology)]),
    }
}

/// 诉求内容 as ticked on the form.
fn demands(ask: Ask, dice: &mut Dice) -> String {
    let from: &[&str] = match ask {
        Ask::Check => &["其他", "", "赔偿损失", "退赔费用"],
        Ask::Refund => &["退货", "退赔费用", "退货,退赔费用", "退货", "退货,赔偿损失"],
        Ask::Food | Ask::Triple => {
            &["赔偿损失", "退货,赔偿损失", "退赔费用,赔偿损失", "退赔费用", "退货,退赔费用,赔偿损失"]
        }
        Ask::Card => &["退赔费用", "退赔费用", "退赔费用,赔偿损失", "其他"],
        Ask::Repair => &["更换", "修理", "修理,更换", "退货,更换", "退货"],
        Ask::Price => &["退赔费用", "退赔费用", "其他", "赔偿损失"],
        Ask::Apology => &["赔礼道歉", "其他", "赔礼道歉,赔偿损失"],
    };
    dice.pick(from).to_owned()
}

fn day_words(day: i32, ago: i64, dice: &mut Dice) -> String {
    let day = crate::domain::time::Day(day.saturating_sub(i32::try_from(ago).unwrap_or(0)));
    let (year, month, of_month) = date(day);
    match dice.choose(&[(45.0, 0), (38.0, 1), (9.0, 2), (8.0, 3)]) {
        0 => format!("{year}年{month}月{of_month}日"),
        1 => format!("{month}月{of_month}日"),
        2 => format!("{year}.{month}.{of_month}"),
        _ => format!("{month}月{of_month}号"),
    }
}

/// People on telephones forget marks and full stops.
fn roughen(text: String, channel: Channel, dice: &mut Dice) -> String {
    if channel == Channel::Letter {
        return text;
    }
    match dice.choose(&[(80.0, 0), (9.0, 1), (5.0, 2), (3.0, 3), (3.0, 4)]) {
        0 => text,
        1 => text.trim_end_matches('。').to_owned(),
        2 => text.replace('，', " "),
        3 => text.replace('，', ",").replace('。', "."),
        _ => text.replace(['，', '。'], ""),
    }
}
