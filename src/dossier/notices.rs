//! Who was notified of what (告知及凭证). A proof shows that somebody was notified; of what is shown by the text alone, where it was kept.

use sha2::{Digest as _, Sha256};

use super::compose::words;
use super::{Fact, Gathered, NoticeGiven};
use crate::domain::act::{FileAct, Notice, NoticeSubject};
use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::plain::{plain, seen};
use crate::domain::text::{Story, Why};
use crate::domain::time::Day;

/// The notices, oldest first.
pub(super) fn given(gathered: &Gathered<'_>) -> Vec<NoticeGiven> {
    let mut decided: Option<&Verb> = None;
    let mut found = Vec::new();
    for (_, command) in gathered.acts {
        let Command::Handle(Handling { verb, .. }) = command else { continue };
        match verb {
            Verb::Decide { .. } | Verb::Close { .. } => decided = Some(verb),
            Verb::Record { on, act: FileAct::Notice(notice) } => found.push(one(*on, notice, decided)),
            _ => {}
        }
    }
    found
}

fn one(on: Day, notice: &Notice, decided: Option<&Verb>) -> NoticeGiven {
    let Notice { subject, to, means, proof, text, .. } = notice;
    let kept = text.as_ref().map(Story::as_str);
    let stated =
        |what: &What| Fact { name: what.zh().to_owned(), value: what.is_in(kept, decided).to_owned() };
    NoticeGiven {
        on,
        subject: subject.zh(),
        to: to.zh(),
        means: means.zh(),
        proof: seen(proof.as_str()).into_owned(),
        text: kept.map(|text| (seen(text).into_owned(), sha256(text))),
        stated: wanted(*subject, decided).iter().map(stated).collect(),
    }
}

/// The digest of a text, by which it can be held against what was sent.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// What a notice of a decision has to say beside it.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Why.
    Reason,
    /// 消费者权益保护法 Art. 39: other ways.
    OtherWays,
    /// Before whom and how long it can be challenged.
    Remedies,
}

/// What the law wants a notice to say of this subject.
fn wanted(subject: NoticeSubject, decided: Option<&Verb>) -> &'static [What] {
    match (subject, decided) {
        (NoticeSubject::Refusal, _) => &[What::Reason, What::OtherWays, What::Remedies],
        (NoticeSubject::Termination, _) => &[What::OtherWays],
        (NoticeSubject::FilingDecision, Some(Verb::Decide { ruling: Ruling::NotFile { .. }, .. })) => {
            &[What::Reason, What::Remedies]
        }
        _ => &[],
    }
}

impl What {
    fn zh(self) -> &'static str {
        match self {
            What::Reason => "告知理由",
            What::OtherWays => "告知其他途径",
            What::Remedies => "告知复议诉讼权利和期限",
        }
    }

    /// Whether a text that was kept has it.
    fn is_in(self, text: Option<&str>, decided: Option<&Verb>) -> &'static str {
        let Some(text) = text else { return "未留存正文，不能证明" };
        let has = |words: &[&str]| words.iter().all(|word| text.contains(word));
        let is_there = match self {
            What::Reason => decided.and_then(Verb::text).is_some_and(|reason| says(text, reason)),
            What::OtherWays => has(&["第三十九条"]) || has(&["仲裁", "诉讼"]),
            What::Remedies => has(&["行政复议", "行政诉讼", "日内"]),
        };
        if is_there { "正文载明" } else { "正文中未见" }
    }
}

/// Whether a text has the reason of the decision in it, however it is spaced.
fn says(text: &str, reason: &Why) -> bool {
    let reason = words(reason);
    let reason = plain(reason.trim_end_matches('。'));
    !reason.is_empty() && plain(text).contains(&*reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::handling::RefusalGround;

    fn refusal() -> Verb {
        let ruling = Ruling::Refuse {
            ground: RefusalGround::NotForConsumption,
            reason: Why::parse("经两次核验未提供小票。").unwrap(),
        };
        Verb::Decide { ruling, finding: None, on: None, approved_by: None }
    }

    #[test]
    fn what_was_told_is_said_of_the_text_that_was_kept_and_of_nothing_else() {
        let whole = "投诉不予受理告知书：经两次核验未提供 小票。可以依照第三十九条解决；可以自收到之日起六十日内申请行政复议，或者提起行政诉讼。";
        let verb = refusal();
        let stated = |text: Option<&str>| {
            wanted(NoticeSubject::Refusal, Some(&verb))
                .iter()
                .map(|what| what.is_in(text, Some(&verb)))
                .collect::<Vec<_>>()
        };
        assert_eq!(stated(Some(whole)), ["正文载明"; 3]);
        assert_eq!(stated(Some("决定不予受理。")), ["正文中未见"; 3]);
        assert_eq!(stated(None), ["未留存正文，不能证明"; 3]);
        assert!(wanted(NoticeSubject::Acceptance, None).is_empty());
    }
}
