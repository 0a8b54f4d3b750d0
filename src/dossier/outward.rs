//! A dossier for readers outside the bureau (对外): without third parties and without what the bureau noted for itself. Who has sent it
//! reads what was sent; nobody else reads who that was (Art. 37). The list of evidence is the same for all.

use super::{Dossier, Entry, Item, Linked, NoticeGiven, Reader};
use crate::domain::ids::{RegistrationNumber, Track};
use crate::evidence::masked_with;

/// Facts by which a person can be reached or identified.
const HIDDEN: [&str; 6] = ["联系电话", "证件号码", "通讯地址", "收货地址", "电子邮箱", "收款账户"];

/// Long numbers that are no person's: they are stated as they are.
const OF_NO_PERSON: [&str; 2] = ["接收时间", "统一社会信用代码"];

/// What of a report those may read who have not sent it.
const OF_A_REPORT: [&str; 3] = ["接收时间", "接收方式", "被举报人"];

/// A reader outside, and what is needed to make a dossier fit for them.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    /// Who has sent it, or others.
    pub(crate) reader: Reader,
    /// The linked complaints that the outward evidence sheet names, which are of the sender's own.
    pub(crate) own: &'a [RegistrationNumber],
    /// The sender's name.
    pub(crate) sender: Option<&'a str>,
    /// The operator's.
    pub(crate) respondent: Option<&'a str>,
}

impl Outside<'_> {
    fn masked(&self, text: &str) -> String {
        match self.sender {
            Some(name) if self.reader == Reader::Others => masked_with(text, &[(name, "〔姓名〕")]),
            _ => masked_with(text, &[]),
        }
    }

    /// Whether a fact of what was sent is shown.
    fn shows(&self, track: Track, name: &str) -> bool {
        let of_sender = name == format!("{}人", track.zh());
        let stated = match (self.reader, track) {
            (Reader::Others, Track::Complaint) => !of_sender,
            (Reader::Others, Track::Report) => OF_A_REPORT.contains(&name),
            (Reader::Sender | Reader::Bureau, _) => true,
        };
        stated && !HIDDEN.contains(&name)
    }
}

impl Dossier {
    /// The same for readers outside.
    #[must_use]
    pub(crate) fn outward(self, to: &Outside<'_>) -> Self {
        let entry = |entry: Entry| Entry {
            text: entry.text.map(|text| to.masked(&text)),
            title: to.masked(&entry.title),
            warnings: Vec::new(),
            ..entry
        };
        let item = |item: Item| Item { shows: to.masked(&item.shows), name: to.masked(&item.name), ..item };
        let notice = |notice: NoticeGiven| NoticeGiven {
            text: notice.text.map(|(text, digest)| (to.masked(&text), digest)),
            ..notice
        };
        let own = |one: Linked| Linked {
            respondent: one.respondent.filter(|name| Some(name.as_str()) == to.respondent),
            ..one
        };
        let mut facts = self.facts.into_exposed();
        facts.retain(|fact| to.shows(self.track, &fact.name));
        for fact in facts.iter_mut().filter(|fact| !OF_NO_PERSON.contains(&fact.name.as_str())) {
            fact.value = to.masked(&fact.value);
        }
        let mut decisions = self.decisions.into_exposed();
        for decided in &mut decisions {
            decided.reason = decided.reason.take().map(|reason| to.masked(&reason));
            // The finding is the bureau's own judgement of the conduct, not a reason that was given, and is handed in to nobody.
            decided.finding = None;
        }
        let timeline = self.timeline.into_exposed().into_iter().filter(|entry| !entry.internal).map(entry);
        let evidence = self.evidence.into_exposed().into_iter().map(item);
        let notices = self.notices.into_exposed().into_iter().map(notice);
        let kept = |one: &Linked| to.reader == Reader::Sender && to.own.contains(&one.number);
        let linked = self.linked.into_iter().filter(kept).map(own);
        let standing = self.standing.into_iter().filter(|fact| fact.name != "研判意见");
        Self {
            reader: to.reader,
            facts: facts.into(),
            standing: standing.collect(),
            timeline: timeline.collect::<Vec<_>>().into(),
            decisions: decisions.into(),
            notices: notices.collect::<Vec<_>>().into(),
            evidence: evidence.collect::<Vec<_>>().into(),
            linked: linked.collect(),
            ..self
        }
    }
}
