//! What is taken of a unit's requests, what is refused and how it is named.

use super::*;
use crate::grpc::convert::tests::{NOW, text, wrong};

fn decide_request(track: &str) -> pb::DecideRequest {
    pb::DecideRequest {
        request_id: "r-1".to_owned(),
        file: format!("submissions/A-1/files/{track}"),
        officer: "o-1".to_owned(),
        token: 7,
        ..Default::default()
    }
}

#[test]
fn a_decision_fits_its_track() {
    use pb::decide_request::{Accepted, Filed, NotFiled, Refused, Ruling as Sent};
    let finding = |request| pb::DecideRequest {
        finding: Some(pb::Finding::NotSuspected.into()),
        finding_reason: text("正常消费"),
        ..request
    };
    let rule = |request, ruling| pb::DecideRequest { ruling: Some(ruling), ..request };
    let complaint = || decide_request("complaint");
    let report = || decide_request("report");
    let accepted = Sent::Accepted(Accepted {});
    let filed = Sent::Filed(Filed {});
    let act = decide(&finding(rule(complaint(), accepted.clone())), NOW).unwrap();
    let Command::Handle(handling) = act.command else { panic!("not a handling") };
    let Verb::Decide { ruling: Ruling::Accept, finding: Some((Finding::NotSuspected, _)), .. } =
        handling.verb
    else {
        panic!("not the decision")
    };
    assert!(decide(&rule(report(), filed.clone()), NOW).is_ok());
    assert_eq!(wrong(decide(&complaint(), NOW)), ["ruling", "finding", "finding_reason"]);
    assert_eq!(
        wrong(decide(&finding(rule(report(), accepted)), NOW)),
        ["accepted", "finding", "finding_reason"]
    );
    assert_eq!(wrong(decide(&finding(rule(complaint(), filed)), NOW)), ["filed"]);
    let refused = Sent::Refused(Refused { ground: 0, reason: String::new() });
    assert_eq!(
        wrong(decide(&finding(rule(complaint(), refused)), NOW)),
        ["refused.ground", "refused.reason"]
    );
    let not_filed = Sent::NotFiled(NotFiled { reason: " ".to_owned(), basis: None });
    assert_eq!(wrong(decide(&rule(report(), not_filed), NOW)), ["not_filed.reason"]);
    let vague = pb::DecideRequest { finding: Some(0), ..finding(complaint()) };
    assert_eq!(wrong(decide(&vague, NOW)), ["ruling", "finding"]);
}

#[test]
fn unit_verbs_name_every_wrong_field() {
    let nothing = ["request_id", "file", "officer", "token"];
    assert_eq!(wrong(extend(&pb::ExtendRequest::default(), NOW)), nothing);
    assert_eq!(wrong(skip(&pb::SkipRequest::default(), NOW)), [&nothing[..], &["reason"]].concat());
    assert_eq!(wrong(step(&pb::StepRequest::default(), NOW)), [&nothing[..], &["kind", "time"]].concat());
    assert_eq!(
        wrong(close(&pb::CloseFileRequest::default(), NOW)),
        [&nothing[..], &["disposition"]].concat()
    );
    assert_eq!(wrong(pull(&pb::PullRequest::default())), ["request_id", "officer", "track", "max_files"]);
    assert_eq!(
        wrong(reassign(&pb::ReassignRequest::default(), NOW)),
        ["request_id", "file", "unit", "reason"]
    );
    assert_eq!(
        wrong(search(&pb::SearchRequest { page_size: -1, ..Default::default() })),
        ["by", "page_size"]
    );
    let penalised = pb::CloseFileRequest {
        request_id: "r-1".to_owned(),
        file: "submissions/A-1/files/complaint".to_owned(),
        officer: "o-1".to_owned(),
        token: 1,
        disposition: pb::Disposition::Penalised.into(),
        ..Default::default()
    };
    assert_eq!(wrong(close(&penalised, NOW)), ["disposition"]);
}

#[test]
fn a_pull_waits_at_most_a_minute() {
    let asked = |seconds, max_files| pb::PullRequest {
        request_id: "r-1".to_owned(),
        officer: "o-1".to_owned(),
        track: pb::Track::Report.into(),
        max_files,
        wait: Some(prost_types::Duration { seconds, nanos: 0 }),
    };
    let whole = pull(&asked(60, 50)).unwrap();
    assert_eq!((whole.wait.as_secs(), whole.most, whole.track), (60, 50, Track::Report));
    assert_eq!(wrong(pull(&asked(61, 51))), ["max_files", "wait"]);
    assert_eq!(wrong(pull(&asked(-1, 1))), ["wait"]);
}

/// The closed lists' codes are the numbers of the wire: `FINDING_NOT_SUSPECTED` is `Finding::NotSuspected`.
#[test]
fn listed_values_have_the_wires_numbers() {
    fn check<T: std::fmt::Debug + Copy>(
        all: &[T],
        code: fn(T) -> i16,
        name: fn(i32) -> String,
        prefix: &str,
    ) {
        for value in all {
            let name = name(i32::from(code(*value))).replace('_', "");
            assert_eq!(name, format!("{prefix}{value:?}").to_uppercase());
        }
        assert_eq!(name(i32::try_from(all.len()).unwrap() + 1), "", "{prefix} has more on the wire");
    }
    macro_rules! check {
        ($name:ident, $wire:ident) => {
            let name = |code| pb::$wire::try_from(code).map_or("", |value| value.as_str_name()).to_owned();
            check($name::ALL, $name::code, name, stringify!($wire));
        };
    }
    check!(Status, FileStatus);
    check!(RefusalGround, RefusalGround);
    check!(Finding, Finding);
    check!(StepKind, StepKind);
    check!(Disposition, Disposition);
}
