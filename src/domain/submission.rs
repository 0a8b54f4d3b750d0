//! What 12315 sends under one registration number (登记件), parsed.

use serde::{Deserialize, Serialize};

use super::given::{Fact, Facts, Given, Rule, facts};
use super::ids::{RegistrationNumber, Track};
use super::mask::{all_stars, any_star};
use super::no_address::is_no_address;
use super::person::Complainant;
use super::placeholder::says_nothing;
use super::plain::{is_blank, plain};
use super::respondent::Respondent;
use super::text::{Address, AmountFen, Line, Story};
use super::time::Moment;

/// How the text of a part is read. Whatever a person wrote there is what happened: 无 too.
pub const STORY: Rule<Story> = Rule { absent: is_blank, masked: all_stars, parse: Story::parse };
/// How a category, a product, a brand, a platform is read.
pub const LINE: Rule<Line> = Rule { absent: says_nothing, masked: all_stars, parse: Line::parse };
/// How an order number is read.
pub const ORDER_NUMBER: Rule<Line> = Rule { absent: says_nothing, masked: any_star, parse: Line::parse };
/// How the place of what happened is read.
pub const PLACE: Rule<Address> = Rule { absent: is_no_address, masked: all_stars, parse: Address::parse };

/// How the item came in (接收方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// 全国12315平台
    Platform,
    /// 12315热线、电话
    Hotline,
    /// 12345转办
    CityHotline,
    /// 来函
    Letter,
    /// 来人
    Counter,
    /// 其他
    Other,
}

impl Channel {
    /// The word for people.
    pub fn zh(self) -> &'static str {
        match self {
            Channel::Platform => "全国12315平台",
            Channel::Hotline => "12315热线、电话",
            Channel::CityHotline => "12345转办",
            Channel::Letter => "来函",
            Channel::Counter => "来人",
            Channel::Other => "其他",
        }
    }
}

impl Fact for Channel {
    fn words(&self) -> String {
        self.zh().to_owned()
    }
}

/// Metadata of a file sent along (附件); the content stays on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name.
    pub name: Line,
    /// Media type, e.g. `image/jpeg`.
    pub media_type: Line,
    /// Size in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the content, 64 lower-case hex digits.
    pub sha256: String,
}

impl Fact for Vec<Attachment> {
    fn words(&self) -> String {
        format!("{} 个", self.len())
    }

    fn agrees(&self, other: &Self) -> bool {
        let one = |(mine, theirs): (&Attachment, &Attachment)| {
            mine.name.agrees(&theirs.name)
                && mine.media_type.agrees(&theirs.media_type)
                && (mine.size_bytes, &mine.sha256) == (theirs.size_bytes, &theirs.sha256)
        };
        self.len() == other.len() && self.iter().zip(other).all(one)
    }
}

/// Demands (诉求) in another order are the same demands.
impl Fact for Vec<Line> {
    fn words(&self) -> String {
        self.iter().map(Line::as_str).collect::<Vec<_>>().join("；")
    }

    fn agrees(&self, other: &Self) -> bool {
        let sorted = |lines: &Self| {
            let mut lines: Vec<String> = lines.iter().map(|line| plain(line.as_str()).into_owned()).collect();
            lines.sort_unstable();
            lines
        };
        self == other || sorted(self) == sorted(other)
    }
}

facts! {
    /// One part of a submission: the complaint (投诉部分) or the report (举报部分), each with its own text.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Part {
        [always]
        /// What happened (具体问题).
        text: Story = "具体问题";
        /// What is asked for (诉求内容), verbatim; on complaints only.
        demands: Vec<Line> = "诉求";
        /// Amount involved (消费金额).
        amount_fen: AmountFen = "金额";
        /// Object category path (客体类别), verbatim, e.g. `商品->食品`.
        object_category: Line = "客体类别";
        /// Problem category path (问题类别), verbatim.
        problem_category: Line = "问题类别";
        /// Goods or service (商品/服务名称).
        product: Line = "商品或服务";
        /// Brand (品牌).
        brand: Line = "品牌";
        /// Sales mode (销售方式), verbatim.
        sales_mode: Line = "销售方式";
        /// Online platform it was sold on (平台名称); the operator may be a merchant there, or the platform itself.
        platform: Line = "平台名称";
        /// Order number (订单号).
        order_number: Line = "订单号";
        /// Quantity bought (购买数量), in pieces.
        quantity: Quantity = "数量";
        /// When the purchase or the dispute was (消费或争议发生时间).
        occurred: Moment = "发生时间";
        /// Where it was (事发地).
        place: Address = "事发地";
        /// Files sent along (附件), metadata only.
        attachments: Vec<Attachment> = "附件";
    }
}

/// A number of pieces, 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub i64);

impl Fact for Quantity {
    fn words(&self) -> String {
        self.0.to_string()
    }
}

/// A submission (登记件): at least one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Registration number (登记编号).
    pub number: RegistrationNumber,
    /// When the bureau received it (登记时间); all deadlines count from it.
    pub received: Moment,
    /// How it came in (接收方式).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub channel: Given<Channel>,
    /// Who sent it (提供方).
    pub complainant: Complainant,
    /// The operator (被投诉人).
    pub respondent: Respondent,
    /// The complaint part (投诉).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaint: Option<Part>,
    /// The report part (举报).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Part>,
}

impl Submission {
    /// The part of a track, if the sender sent one.
    pub fn part(&self, track: Track) -> Option<&Part> {
        match track {
            Track::Complaint => self.complaint.as_ref(),
            Track::Report => self.report.as_ref(),
        }
    }

    /// The tracks present, the report first: it is routed first and alone (promise 4).
    pub fn tracks(&self) -> impl Iterator<Item = Track> {
        [Track::Report, Track::Complaint].into_iter().filter(|track| self.part(*track).is_some())
    }

    /// Fields in which another version of the same number differs (promise 2), by the sender's field names.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.received.agrees_with(&other.received) {
            found.push("submission.received".to_owned());
        }
        self.channel.differences(&other.channel, "submission.channel", &mut found);
        self.complainant.differences(&other.complainant, "submission.complainant", &mut found);
        self.respondent.differences(&other.respondent, "submission.respondent", &mut found);
        for track in Track::ALL {
            let path = format!("submission.{}", track.word());
            match (self.part(track), other.part(track)) {
                (Some(mine), Some(theirs)) => mine.differences(theirs, &path, &mut found),
                (None, None) => {}
                _ => found.push(path),
            }
        }
        found
    }

    /// The value of a field that [`Submission::differences`] names, in words, where no person can be read from it: when and
    /// how it came in, amounts, pieces, which parts there are. Texts and addresses may name somebody.
    pub fn impersonal(&self, field: &str) -> Option<String> {
        fn words<T: Fact>(fact: &Given<T>) -> Option<String> {
            fact.known().map(T::words)
        }
        let path = field.strip_prefix("submission.").unwrap_or(field);
        let (of, fact) = path.split_once('.').unwrap_or((path, ""));
        if let Some(track) = Track::ALL.into_iter().find(|track| track.word() == of) {
            let part = self.part(track);
            return match fact {
                "" => Some(if part.is_some() {
                    format!("有{}内容", track.zh())
                } else {
                    format!("没有{}内容", track.zh())
                }),
                "amount_fen" => words(&part?.amount_fen),
                "quantity" => words(&part?.quantity),
                "occurred" => words(&part?.occurred),
                _ => None,
            };
        }
        match path {
            "received" => Some(self.received.words()),
            "channel" => words(&self.channel),
            _ => None,
        }
    }

    /// What a field that [`Submission::differences`] names is called by people.
    pub fn name_of(field: &str) -> String {
        let path = field.strip_prefix("submission.").unwrap_or(field);
        let (of, fact) = path.split_once('.').unwrap_or((path, ""));
        let track = Track::ALL.into_iter().find(|track| track.word() == of);
        let names = match of {
            "complainant" => Complainant::NAMES,
            "respondent" => Respondent::NAMES,
            _ => Part::NAMES,
        };
        let name = names.iter().find(|name| name.field == fact).map(|name| name.zh);
        match (of, track, name) {
            ("received", ..) => "接收时间".to_owned(),
            ("channel", ..) => "接收方式".to_owned(),
            (_, Some(track), Some(name)) => format!("{}的{name}", track.zh()),
            (_, Some(track), None) => format!("是否有{}部分", track.zh()),
            (_, None, Some(name)) => name.to_owned(),
            (_, None, None) => field.to_owned(),
        }
    }

    /// What is known of the parts that `version` has: a row of an export reports of one part, and nothing of the other.
    #[must_use]
    pub fn in_parts_of(&self, version: &Self) -> Self {
        let mut known = self.clone();
        known.complaint = known.complaint.filter(|_| version.complaint.is_some());
        known.report = known.report.filter(|_| version.report.is_some());
        known
    }

    /// Takes over what a later version knows. True when something was learned.
    ///
    /// Parts are neither added nor dropped: they were said once, by the sender (promise 3).
    pub fn merge(&mut self, newer: &Self) -> bool {
        let mut learned = false;
        if newer.received.at != self.received.at && (self.received.date_only || !newer.received.date_only) {
            self.received = newer.received;
            learned = true;
        }
        learned |= self.channel.merge(&newer.channel);
        learned |= self.complainant.merge(&newer.complainant);
        learned |= self.respondent.merge(&newer.respondent);
        for (mine, theirs) in [(&mut self.complaint, &newer.complaint), (&mut self.report, &newer.report)] {
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                learned |= mine.merge(theirs);
            }
        }
        learned
    }
}
