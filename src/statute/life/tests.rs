//! What is possible in which status.

use super::*;

#[test]
fn an_ended_file_takes_no_verb_of_a_unit() {
    for status in Status::ALL.iter().copied().filter(|status| status.has_ended()) {
        for track in Track::ALL {
            for act in Act::ALL.iter().copied() {
                let found = next(track, Standing::of(status), act);
                let expected = match act {
                    Act::Amend | Act::Outcome | Act::Review | Act::Reply | Act::EndReview | Act::Notify => {
                        Ok(status)
                    }
                    Act::HandOverResult if status == Status::Closed => Ok(status),
                    Act::HandOverResult => Err(NotPossible::WrongState),
                    Act::SelfCorrect | Act::Redo => Ok(Status::Waiting),
                    Act::Withdraw | Act::FindLead | Act::Join | Act::Mediate if track == Track::Report => {
                        Err(NotPossible::WrongTrack)
                    }
                    _ => Err(NotPossible::Ended),
                };
                assert_eq!(found, expected, "{track:?} {status:?} {act:?}");
            }
        }
    }
}

#[test]
fn a_lease_comes_before_a_holding() {
    let waiting = Standing::of(Status::Waiting);
    let leased = Standing { leased: true, ..waiting };
    for track in Track::ALL {
        assert_eq!(next(track, waiting, Act::Pull), Ok(Status::Waiting));
        assert_eq!(next(track, leased, Act::Pull), Err(NotPossible::Leased));
        assert_eq!(next(track, leased, Act::Reassign), Err(NotPossible::Leased));
        assert_eq!(
            next(track, Standing { at_reception: true, ..leased }, Act::Reassign),
            Ok(Status::Waiting)
        );
        for act in [Act::Extend, Act::Skip, Act::SignFor] {
            assert_eq!(allows(track, waiting, act), Err(NotPossible::LeaseLost));
            assert_eq!(allows(track, leased, act), Ok(()));
            assert_eq!(allows(track, Standing::of(Status::SignedFor), act), Err(NotPossible::WrongState));
        }
        assert_eq!(next(track, leased, Act::SignFor), Ok(Status::SignedFor));
    }
}

#[test]
fn a_decision_is_of_its_track_and_is_not_reversed() {
    use Track::{Complaint, Report};
    let after = |track, status, act| next(track, Standing::of(status), act);
    assert_eq!(after(Complaint, Status::SignedFor, Act::Accept), Ok(Status::Accepted));
    assert_eq!(after(Complaint, Status::Accepted, Act::Accept), Ok(Status::Accepted));
    assert_eq!(after(Complaint, Status::Accepted, Act::Refuse), Err(NotPossible::WrongState));
    assert_eq!(after(Complaint, Status::SignedFor, Act::File), Err(NotPossible::WrongTrack));
    assert_eq!(after(Report, Status::SignedFor, Act::Accept), Err(NotPossible::WrongTrack));
    assert_eq!(after(Report, Status::SignedFor, Act::NotFile), Ok(Status::NotFiled));
    assert_eq!(after(Report, Status::Filed, Act::File), Err(NotPossible::WrongState));
    assert_eq!(after(Report, Status::Waiting, Act::File), Err(NotPossible::WrongState));
}

#[test]
fn a_withdrawn_complaint_is_closed_undecided() {
    let signed = Standing::of(Status::SignedFor);
    assert_eq!(allows(Track::Complaint, signed, Act::Close), Err(NotPossible::WrongState));
    let withdrawn = Standing { withdrawn: true, ..signed };
    assert_eq!(next(Track::Complaint, withdrawn, Act::Close), Ok(Status::Closed));
    assert_eq!(next(Track::Report, withdrawn, Act::Close), Err(NotPossible::WrongState));
    assert_eq!(allows(Track::Report, signed, Act::Withdraw), Err(NotPossible::WrongTrack));
}

#[test]
fn what_a_unit_holds_it_returns_and_reception_sends_on() {
    let signed = Standing::of(Status::SignedFor);
    let received = Standing { at_reception: true, ..signed };
    assert_eq!(next(Track::Report, signed, Act::Return), Ok(Status::Waiting));
    assert_eq!(next(Track::Report, received, Act::Return), Err(NotPossible::AtReception));
    assert_eq!(next(Track::Report, signed, Act::Reassign), Err(NotPossible::WrongState));
    assert_eq!(next(Track::Report, received, Act::Reassign), Ok(Status::Waiting));
    for act in [Act::Return, Act::Reassign] {
        assert_eq!(next(Track::Report, Standing::of(Status::Filed), act), Err(NotPossible::WrongState));
    }
}

#[test]
fn what_the_platform_took_up_is_not_decided_again_and_can_be_given_back() {
    for (track, status) in [(Track::Complaint, Status::Accepted), (Track::Report, Status::Filed)] {
        let waiting = Standing { accepted_upstream: true, ..Standing::of(Status::Waiting) };
        let leased = Standing { leased: true, ..waiting };
        assert_eq!(next(track, waiting, Act::SignFor), Err(NotPossible::LeaseLost));
        assert_eq!(next(track, leased, Act::SignFor), Ok(status));
        assert_eq!(next(track, leased, Act::Skip), Ok(Status::Waiting));
        let held = Standing { accepted_upstream: true, ..Standing::of(status) };
        let received = Standing { at_reception: true, ..held };
        assert_eq!(next(track, held, Act::Close), Ok(Status::Closed));
        assert_eq!(next(track, held, Act::Return), Ok(Status::Waiting));
        assert_eq!(next(track, held, Act::Reassign), Err(NotPossible::WrongState));
        assert_eq!(next(track, received, Act::Return), Err(NotPossible::AtReception));
        assert_eq!(next(track, received, Act::Reassign), Ok(Status::Waiting));
        for act in [Act::Refuse, Act::File, Act::NotFile, Act::Repeat, Act::Merge] {
            assert_eq!(next(track, held, act), Err(NotPossible::WrongState), "{act:?}");
        }
        // What was decided here stays where it was decided.
        assert_eq!(next(track, Standing::of(status), Act::Return), Err(NotPossible::WrongState));
        assert_eq!(
            next(track, Standing { accepted_upstream: false, ..received }, Act::Reassign),
            Err(NotPossible::WrongState)
        );
    }
    let filed = Standing { accepted_upstream: true, ..Standing::of(Status::Waiting) };
    assert_eq!(next(Track::Report, filed, Act::Prolong), Err(NotPossible::WrongState));
}

#[test]
fn an_undecided_report_is_prolonged_once() {
    for status in [Status::Waiting, Status::SignedFor] {
        assert_eq!(next(Track::Report, Standing::of(status), Act::Prolong), Ok(status));
        let again = Standing { prolonged: true, ..Standing::of(status) };
        assert_eq!(next(Track::Report, again, Act::Prolong), Err(NotPossible::Prolonged));
        assert_eq!(next(Track::Complaint, Standing::of(status), Act::Prolong), Err(NotPossible::WrongTrack));
    }
    let filed = Standing::of(Status::Filed);
    assert_eq!(next(Track::Report, filed, Act::Prolong), Err(NotPossible::WrongState));
    let timed = Standing { case_timed: true, ..filed };
    assert_eq!(next(Track::Report, timed, Act::Prolong), Ok(Status::Filed));
}

#[test]
fn doing_nothing_is_reviewed_too() {
    for status in Status::ALL.iter().copied() {
        assert_eq!(next(Track::Complaint, Standing::of(status), Act::Review), Ok(status), "{status:?}");
    }
}

#[test]
fn what_falls_is_undone_and_what_was_before_it_stands() {
    for (track, refused, upstream) in [
        (Track::Complaint, Status::Refused, Status::Accepted),
        (Track::Report, Status::NotFiled, Status::Filed),
    ] {
        for act in [Act::SelfCorrect, Act::Redo] {
            let after = |standing| next(track, standing, act);
            assert_eq!(after(Standing::of(refused)), Ok(Status::Waiting));
            let closed = Standing::of(Status::Closed);
            assert_eq!(after(closed), Ok(Status::Waiting));
            assert_eq!(after(Standing { opened: true, ..closed }), Ok(upstream));
        }
        let standing = Standing::of(upstream);
        assert_eq!(next(track, standing, Act::Redo), Ok(Status::SignedFor));
        assert_eq!(next(track, standing, Act::SelfCorrect), Err(NotPossible::WrongState));
    }
}
