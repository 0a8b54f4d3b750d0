//! What the words of a row say, and what they do not.

use super::*;

/// What is still to be settled is no end, whatever it begins with.
#[test]
fn a_pending_end_is_open_and_said() {
    for standing in ["办结审核中", "办结（待审核）", "办结退回", "办结中", "已办结(退回)", "办结审批未通过"]
    {
        let row = [("办理情况状态", standing)];
        assert_eq!(item(&row).outcome.ending, None, "{standing}");
        assert!(warnings(&row)[0].contains("不认识的办理状态"), "{standing}");
    }
    for first in ["不予受理（待审批）", "不予受理审批中", "不予受理申请"] {
        let row = [("初查受理状态", first), ("办理情况状态", "")];
        assert_eq!(item(&row).outcome.ending, None, "{first}");
        assert!(warnings(&row)[0].contains("不认识的初查受理状态"), "{first}");
    }
    for standing in ["已办结（退回重办）", "已办结（待审批）", "办结审批", "不予受理已撤销"]
    {
        assert_eq!(item(&[("办理情况状态", standing)]).outcome.ending, None, "{standing}");
    }
    for standing in
        ["已办结（已审核）", "办结（退货退款）", "已办结(中介退费)", "办结已归档", "终止调解（申请人撤回）"]
    {
        assert!(item(&[("办理情况状态", standing)]).outcome.ending.is_some(), "{standing}");
    }
    // A status of the other track, and words that contradict each other.
    for (changes, column) in [
        (vec![("初查受理状态", "不予立案"), ("办理情况状态", "")], "初查受理状态"),
        (vec![("办理情况状态", "不予立案")], "办理情况状态"),
        (vec![("办理情况状态", "立案")], "办理情况状态"),
        (vec![("初查受理状态", "不予受理")], "初查受理状态"),
    ] {
        assert_eq!(item(&changes).outcome.ending, None, "{changes:?}");
        assert!(warnings(&changes)[0].starts_with(column), "{changes:?}: {:?}", warnings(&changes));
    }
}

/// A decision that nobody has approved is none: the file is not taken up, and its terms run.
#[test]
fn what_nobody_has_approved_is_no_decision() {
    for (column, words) in [
        ("初查受理状态", ["受理审批中", "已受理（待审批）", "受理审核"]),
        ("办理情况状态", ["受理待审批", "已受理（审批中）", "受理呈批"]),
    ] {
        for word in words {
            let row = [("初查受理状态", ""), ("办理情况状态", ""), (column, word)];
            let outcome = item(&row).outcome;
            assert!(outcome.ending.is_none() && !outcome.accepted_upstream, "{word}");
            assert!(warnings(&row)[0].contains("不认识"), "{word}");
        }
    }
    for word in ["立案审批中", "已立案（待审批）", "立案待审批", "立案审核"] {
        let row = [("类型", "举报"), ("初查受理状态", ""), ("办理情况状态", word)];
        let outcome = item(&row).outcome;
        assert!(outcome.ending.is_none() && !outcome.accepted_upstream, "{word}");
        assert!(warnings(&row)[0].contains("不认识"), "{word}");
    }
}

/// Money that was given back, a signature that was given, a complaint that was withdrawn: each is said beside an end or an acceptance.
#[test]
fn what_is_added_to_a_decision_does_not_undo_it() {
    for standing in
        ["已办结（退回办卡费）", "已办结（经局长审批）", "已办结（重新办卡）", "不予受理（投诉人撤销投诉）"]
    {
        let row = [("初查受理状态", ""), ("办理情况状态", standing)];
        assert!(item(&row).outcome.ending.is_some(), "{standing}");
    }
    let refused = item(&[("初查受理状态", ""), ("办理情况状态", "办结-不予受理")]).outcome.ending.unwrap();
    assert!(matches!(refused.ended, Ended::Refused(None)), "{refused:?}");
    for standing in ["已受理（办理中）", "已受理(已审批)", "调解中", "受理（12315）"] {
        let outcome = item(&[("初查受理状态", ""), ("办理情况状态", standing)]).outcome;
        assert!(outcome.ending.is_none() && outcome.accepted_upstream, "{standing}");
    }
}

#[test]
fn the_item_of_the_article_is_a_ground_and_what_is_none_is_said() {
    let refused = |reason: &str| {
        let row = [("初查受理状态", "不予受理"), ("办理情况状态", "已办结"), ("不予受理原因", reason)];
        let ground = match item(&row).outcome.ending.map(|ending| ending.ended) {
            Some(Ended::Refused(ground)) => ground,
            other => panic!("{other:?}"),
        };
        (ground, warnings(&row).len())
    };
    for reason in ["第十六条第三项", "第十六条第（三）项", "（三）", "《办法》第十六条第三项"]
    {
        assert_eq!(refused(reason), (Some(RefusalGround::NotForConsumption), 0), "{reason}");
    }
    assert_eq!(refused("第十五条第六项").0, Some(RefusalGround::OtherByLaw));
    assert_eq!(refused("第十六条第六项").0, Some(RefusalGround::IdentityRefused));
    assert_eq!(refused("第十六条第九项"), (None, 1));
    assert_eq!(refused("领导要求"), (None, 1));
    assert_eq!(refused(""), (None, 0));
}

/// A number that a spreadsheet has rewritten is another's, in whatever form it comes.
#[test]
fn a_long_number_that_was_rewritten_links_nobody() {
    let read = |id: &str, order: &str| {
        let text = format!(
            "登记编号,登记时间,类型,企业名称,具体问题,提供方证件号码,订单号\nA1,2026-01-05,投诉,东街店,买了过期牛奶,{id},{order}\n"
        );
        let sheet = sheet(&text).unwrap();
        match sheet.parse(&sheet.rows()[0], Times { now: NOW, as_of: NOW }) {
            Parsed::Item(item) => {
                let Submission { complainant, complaint, .. } = item.submission;
                let is_known = (
                    complainant.resident_id.known().is_some(),
                    complaint.unwrap().order_number.known().is_some(),
                );
                (is_known, item.warnings.len())
            }
            other => panic!("{other:?}"),
        }
    };
    for (id, order) in [("150203198001010000", "240603123456789000"), ("1.50203E+17", "2.40603E+17")] {
        assert_eq!(read(id, order), ((false, false), 2), "{id}");
    }
    assert_eq!(read("150203198001010018", "240603123456789012"), ((true, true), 0));
}

#[test]
fn a_price_times_pieces_is_not_masked_and_ditto_is_no_content() {
    for amount in ["129元*2", "2*129", "129*2件"] {
        assert!(warnings(&[("消费金额", amount)])[0].contains("不是金额"), "{amount}");
    }
    assert!(warnings(&[("消费金额", "12**")]).is_empty());
    assert_eq!(faults(&[("具体问题", "同上")]).len(), 1);
}

/// A mark teaches once its row has ended.
#[test]
fn marks_of_open_rows_teach_nothing_yet() {
    let rows = |standing: &str| {
        let text = format!(
            "登记编号,登记时间,类型,企业名称,具体问题,办理情况状态,疑似职业索赔\nA1,2026-01-05,投诉,东街店,买了过期牛奶,{standing},是\n"
        );
        sheet(&text).unwrap().labels()
    };
    assert_eq!((rows("办理中"), rows("办结审核中"), rows("已办结")), (0, 0, 1));
}

/// A digit was lost or doubled: nobody knows which, so the number stays as it was given, and is told.
#[test]
fn a_mobile_number_with_a_digit_too_few_or_too_many_is_said() {
    for (given, is_said) in [
        ("1354720778", true),
        ("135472077800", true),
        ("13547207780", false),
        ("0472-5151234", false),
        ("4008123123", false),
        ("12345", false),
    ] {
        let item = item(&[("提供方联系方式", given)]);
        assert!(item.submission.complainant.phone.known().is_some(), "{given}");
        assert_eq!(item.warnings.len(), usize::from(is_said), "{given}");
    }
}
