//! How files end (终止、移送、不具备处理权限、其他途径), and who is told.

use super::*;

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_withdrawn_complaint_ends_as_withdrawn(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let withdraw = |file: &FileRef| Command::Withdraw { number: file.number.clone(), reason: None };
    // L6: before the decision it can be closed as withdrawn only, and there is nothing to tell.
    let (file, token) = signed(&hall, "L6").await;
    hall.must(intake(), withdraw(&file)).await;
    let token = hall.state(&file).await.token.unwrap_or(token);
    for wrong in [
        close(Disposition::Settled, None),
        close(Disposition::MediationEnded, Some(TerminationGround::NoAgreement)),
    ] {
        assert_eq!(fields(hall.verb(&file, token, wrong).await), ["disposition"]);
    }
    hall.verb(&file, token, close(Disposition::Withdrawn, None)).await.unwrap();
    assert_eq!(owed(&hall, &file).await, []);
    // L4: after acceptance both sides are told within 7 working days.
    let (file, token) = signed(&hall, "L4").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let token = hall.verb(&file, token, tell(NoticeSubject::Acceptance, Party::Sender, on(0))).await.unwrap();
    hall.must(intake(), withdraw(&file)).await;
    let token = hall.state(&file).await.token.unwrap_or(token);
    hall.verb(&file, token, close(Disposition::Withdrawn, None)).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::NotifyTermination, Duty::NotifyTerminationRespondent]);
    assert_eq!(hall.clock(&file, Duty::NotifyTermination).await.due_on, LastDay::from(day("2026-06-10")));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_hand_over_is_a_record_and_is_told(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L5: accepted, then found to be made up.
    let (file, token) = signed(&hall, "L5").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let word = close(Disposition::HandedOver, None);
    assert_eq!(fields(hall.verb(&file, token, word).await), ["disposition"], "one word is no hand-over");
    let over = |approved_by: Option<&str>| FileAct::HandedOver {
        to: line("昆都仑区公安分局"),
        receipt: Some(line("受案回执2026-17")),
        approved_by: approved_by.map(line),
        reason: why("涉嫌捏造事实骗取赔偿"),
    };
    let alone = hall.verb(&file, token, record(on(0), over(None))).await;
    assert_eq!(fields(alone), ["handed_over.approved_by"], "a unit hands nothing over by itself");
    let token = hall.verb(&file, token, record(on(0), over(Some("局长")))).await.unwrap();
    let state = hall.state(&file).await;
    assert_eq!((state.status, state.disposition), (Status::Closed, Some(Disposition::HandedOver)));
    let both = [Duty::TellComplainant, Duty::NotifyTermination, Duty::NotifyTerminationRespondent];
    assert_eq!(owed(&hall, &file).await, both);
    let token = hall.verb(&file, token, tell(NoticeSubject::HandedOver, Party::Sender, on(0))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::NotifyTermination, Duty::NotifyTerminationRespondent]);
    hall.verb(&file, token, record(on(0), FileAct::HandOverResult { note: why("公安机关已立案") }))
        .await
        .unwrap();
    let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
    let titles: Vec<&str> = seen.acts.iter().map(|act| act.title.as_str()).collect();
    assert!(titles.iter().any(|title| title.contains("移送昆都仑区公安分局（第四十二条）")), "{titles:?}");
    // An undecided report, too.
    hall.file(report("L5r", 2, 0)).await;
    let file = named("L5r", Track::Report);
    hall.lead(&file, vec![Verb::SignFor, record(on(0), over(Some("局长")))]).await;
    assert_eq!(hall.state(&file).await.status, Status::Closed);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_not_ours_is_told_and_not_decided(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L9: a shop outside of the district; no question of filing.
    hall.file(report("L9", 2, 0).of("服务->美容")).await;
    let file = named("L9", Track::Report);
    let competent = Some(line("青山区市场监督管理局"));
    let not_ours = decide(Ruling::NotCompetent { competent, reason: why("经营地在青山区") }, None);
    let token = hall.lead(&file, vec![Verb::SignFor, not_ours]).await;
    let state = hall.state(&file).await;
    assert_eq!((state.status, state.disposition), (Status::Closed, Some(Disposition::NotCompetent)));
    assert_eq!(owed(&hall, &file).await, [Duty::TellReporter]);
    let clock = hall.clock(&file, Duty::TellReporter).await;
    assert!(clock.article.contains("第三十四条") && clock.due_on == LastDay::OPEN, "{}", clock.article);
    hall.verb(&file, token, tell(NoticeSubject::NotCompetent, Party::Sender, on(0))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, []);
    // L11: a letter that asks for government information, on both tracks.
    hall.file(report("L11r", 2, 0)).await;
    let (complaint, _) = signed(&hall, "L11").await;
    let report = named("L11r", Track::Report);
    hall.lead(&report, vec![Verb::SignFor]).await;
    for file in [complaint, report] {
        let token = hall.state(&file).await.token.unwrap();
        let other = Ruling::OtherChannel {
            matter: OtherMatter::Information,
            reason: why("申请公开处罚信息"),
        };
        let token = hall.verb(&file, token, decide(other, None)).await.unwrap();
        let state = hall.state(&file).await;
        assert_eq!((state.disposition, state.ground), (Some(Disposition::OtherChannel), None));
        assert_eq!(owed(&hall, &file).await, []);
        hall.verb(&file, token, tell(NoticeSubject::OtherChannel, Party::Sender, on(0))).await.unwrap();
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_report_again_is_one_at_whichever_unit(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L12: the earlier report was sent to another unit of the bureau.
    hall.file(report("L12a", 2, 1)).await;
    let earlier = named("L12a", Track::Report);
    let west = Command::Reassign { file: earlier.clone(), unit: unit_id("west"), reason: why("属西所") };
    hall.must(reception(), west).await;
    hall.file(report("L12b", 2, 0)).await;
    // One of another person, elsewhere, is not told apart from one that does not exist.
    hall.file(report("L12c", 5, 1)).await;
    let stranger = named("L12c", Track::Report);
    let west = Command::Reassign { file: stranger.clone(), unit: unit_id("west"), reason: why("属西所") };
    hall.must(reception(), west).await;
    let file = named("L12b", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let again = |of: &str| {
        let of = triage::domain::ids::RegistrationNumber::parse(of).unwrap();
        decide(Ruling::Repeat { of, reason: why("同一事实") }, None)
    };
    let words = async |of: &str| format!("{:?}", hall.verb(&file, token, again(of)).await.unwrap_err());
    assert_eq!(words("L12c").await, words("no-such").await);
    hall.verb(&file, token, again("L12a")).await.unwrap();
    assert_eq!(hall.state(&file).await.disposition, Some(Disposition::Repeated));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_end_of_a_mediation_says_its_ground(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (file, token) = signed(&hall, "E1").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let found = |ground| Verb::Close {
        disposition: Disposition::GroundFoundLater,
        termination: None,
        ground,
        on: None,
        recovered: None,
        note: Some(why("查明法院已经受理同一争议")),
    };
    for (wrong, field) in [
        (close(Disposition::MediationEnded, None), "termination"),
        (close(Disposition::MediationEnded, Some(TerminationGround::Withdrawn)), "termination"),
        (close(Disposition::Settled, Some(TerminationGround::NoAgreement)), "termination"),
        (found(None), "ground"),
    ] {
        assert_eq!(fields(hall.verb(&file, token, wrong).await), [field]);
    }
    hall.verb(&file, token, found(Some(RefusalGround::HandledElsewhere))).await.unwrap();
    let state = hall.state(&file).await;
    assert_eq!(state.ground, Some(RefusalGround::HandledElsewhere));
    let seen = hall.world.service.file(&reception(), &file).await.unwrap();
    let title = &seen.acts.last().unwrap().title;
    assert!(title.contains("第二十三条第一款第六项") && title.contains("第十六条第二项"), "{title}");
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_was_written_is_read_back(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L34: returned to reception with a reason, and sent to the same unit again.
    let (file, token) = signed(&hall, "L34").await;
    let due_before = hall.clock(&file, Duty::Accept).await;
    hall.verb(&file, token, Verb::Return { reason: why("经营地不在本辖区") }).await.unwrap();
    let back =
        Command::Reassign { file: file.clone(), unit: unit_id("east"), reason: why("经核实在本辖区") };
    hall.must(reception(), back).await;
    for caller in [unit(EAST), reception()] {
        let seen = hall.world.service.file(&caller, &file).await.unwrap();
        let texts: Vec<&str> = seen.acts.iter().filter_map(|act| act.text.as_deref()).collect();
        assert_eq!(texts, ["经营地不在本辖区", "经核实在本辖区"]);
        assert!(seen.acts.iter().any(|act| act.officer == Some(officer("e1"))));
    }
    assert!(hall.world.service.file(&unit(2), &file).await.is_err(), "of another unit");
    let pulled = hall.pull_by(EAST, "e1", Track::Complaint, 5).await;
    assert_eq!(pulled.len(), 1, "in its queue");
    assert_eq!(hall.clock(&file, Duty::Accept).await, due_before, "the clock is the same");
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_score_is_no_reason_and_a_refusal_without_fact_is_marked(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L27
    let (file, token) = signed(&hall, "L27").await;
    for wrong in ["评分高", "系统评分0.93，判定为疑似", "模型判定"] {
        let ruling = Ruling::Refuse { ground: RefusalGround::NotForConsumption, reason: why(wrong) };
        assert_eq!(
            fields(hall.verb(&file, token, decide(ruling, None)).await),
            ["refused.reason"],
            "{wrong}"
        );
    }
    // L28: allowed, with a word in the trail.
    hall.verb(&file, token, refuse(RefusalGround::NotForConsumption)).await.unwrap();
    let marked = "SELECT COUNT(*) FROM audit WHERE action = 'refused_without_fact'";
    assert_eq!(crate::support::rows::rows(&hall.world.config, marked).await, ["1"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn notices_are_prepared_from_the_file(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (file, token) = signed(&hall, "N1").await;
    let drafts = async || hall.world.service.file(&unit(EAST), &file).await.unwrap().drafts;
    assert!(drafts().await.is_empty(), "nothing was decided yet");
    let token = hall.verb(&file, token, refuse(RefusalGround::TooLate)).await.unwrap();
    let found = drafts().await;
    assert_eq!(found.len(), 1);
    insta::assert_snapshot!("notice_of_refusal", found[0].text);
    hall.verb(&file, token, tell(NoticeSubject::Refusal, Party::Sender, on(0))).await.unwrap();
    assert!(drafts().await.is_empty(), "told");
    // Both sides of a mediation that has ended; the operator reads nothing of the complainant.
    let (other, token) = signed(&hall, "N2").await;
    let token = hall.verb(&other, token, accept()).await.unwrap();
    let end = close(Disposition::MediationEnded, Some(TerminationGround::NotTakingPart));
    hall.verb(&other, token, end).await.unwrap();
    let found = hall.world.service.file(&unit(EAST), &other).await.unwrap().drafts;
    let texts: Vec<&str> = found.iter().map(|draft| draft.text.as_str()).collect();
    insta::assert_snapshot!("notices_of_termination", texts.join("\n\n----\n\n"));
    let to_shop = found.iter().find(|draft| draft.to == Party::Respondent).unwrap();
    assert!(!to_shop.text.contains("民1") && to_shop.text.contains("东街蛋糕房"), "{}", to_shop.text);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_lead_found_in_mediation_is_a_report(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L10
    let (file, token) = signed(&hall, "L10").await;
    let number = |text: &str| triage::domain::ids::RegistrationNumber::parse(text).unwrap();
    let lead = |of: &str| FileAct::LeadFound {
        number: number(of), facts: why("货架上有过期食品，已拍照")
    };
    assert!(hall.verb(&file, token, record(on(0), lead("L10-27"))).await.is_err(), "nothing is mediated yet");
    let token = hall.verb(&file, token, accept()).await.unwrap();
    hall.world.wait(2 * DAY);
    for of in ["L10", "L10-", "L11", "L101-1"] {
        let refused = hall.verb(&file, token, record(on(1), lead(of))).await;
        assert_eq!(fields(refused), ["lead_found.registration_number"], "{of}");
    }
    let token = hall.verb(&file, token, record(on(1), lead("L10-27"))).await.unwrap();
    let taken = hall.verb(&file, token, record(on(1), lead("L10-27"))).await;
    assert_eq!(fields(taken), ["lead_found.registration_number"], "known already");
    let report = named("L10-27", Track::Report);
    let verify = hall.clock(&report, Duty::Verify).await;
    assert_eq!(
        (verify.started_on, verify.due_on),
        (on(1), LastDay::from(day("2026-06-24"))),
        "from discovery"
    );
    let seen = hall.world.service.submission(&reception(), report.number.clone()).await.unwrap();
    let seen = &seen.files[0];
    assert_eq!(seen.respondent.name.known().map(Line::as_str), Some("东街蛋糕房"));
    assert!(seen.complainant.name.known().is_none(), "the complainant has not reported it");
    let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
    let last = seen.acts.last().unwrap();
    assert!(last.title.contains("另立举报件 L10-27"), "{last:?}");
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn complaints_are_joined_and_each_is_decided(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L24: six persons, one gym, two representatives.
    let numbers = ["L24a", "L24b", "L24c", "L24d", "L24e", "L24f"];
    for (person, number) in (10..).zip(numbers) {
        hall.file(complaint(number, person, 0)).await;
    }
    let pulled = hall.pull_by(EAST, "e1", Track::Complaint, 10).await;
    for (at, (number, lease)) in pulled.iter().enumerate() {
        let file = named(number, Track::Complaint);
        let token = hall.verb(&file, lease.token, Verb::SignFor).await.unwrap();
        let join = |lead: &str| {
            let lead = triage::domain::ids::RegistrationNumber::parse(lead).unwrap();
            FileAct::Joined { lead, consent: line("书面同意书"), represents: at < 2 }
        };
        let wrong = hall.verb(&file, token, record(on(0), join("no-such"))).await;
        assert_eq!(fields(wrong), ["joined.lead_registration_number"]);
        let token = hall.verb(&file, token, record(on(0), join("L24a"))).await.unwrap();
        let token = hall.verb(&file, token, accept()).await.unwrap();
        hall.verb(&file, token, tell(NoticeSubject::Acceptance, Party::Sender, on(0))).await.unwrap();
        assert_eq!(owed(&hall, &file).await, [Duty::Mediate], "its own decision, notice and term");
    }
    assert_eq!(pulled.len(), numbers.len());
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_mediation_is_a_record(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let mediated = |paper: Option<(MediationPaper, Line)>| FileAct::Mediated {
        how: MediationMeans::OnSite,
        delegated: Some(Delegation {
            to: line("昆都仑区消费者协会"), consent: line("双方同意委托书")
        }),
        paper,
        note: Some(why("双方到场")),
    };
    let (file, token) = signed(&hall, "A1").await;
    let early = hall.verb(&file, token, record(on(0), mediated(None))).await;
    assert!(early.is_err(), "nothing is mediated that was not accepted");
    let token = hall.verb(&file, token, accept()).await.unwrap();
    // On the spot, both sides are told before (Art. 20); that is no notice of the decision.
    let token =
        hall.verb(&file, token, tell(NoticeSubject::Appointment, Party::Respondent, on(0))).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::TellComplainant, Duty::Mediate]);
    let before = hall.clock(&file, Duty::Mediate).await;
    let paper = Some((MediationPaper::Agreement, line("调解书第3号")));
    let token = hall.verb(&file, token, record(on(0), mediated(paper))).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::Mediate).await, before, "a delegation moves no term");
    hall.verb(&file, token, close(Disposition::Settled, None)).await.unwrap();
    let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
    let said = seen.acts.iter().find(|act| act.title.starts_with("现场调解")).expect("the mediation");
    for part in ["第十九条", "第二十条", "第二十四条", "消费者协会", "调解书第3号"] {
        assert!(said.title.contains(part), "{part}: {}", said.title);
    }
    // A report is not mediated.
    hall.file(report("R1", 2, 0)).await;
    let file = named("R1", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    assert!(hall.verb(&file, token, record(on(0), mediated(None))).await.is_err());
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_kind_of_notice_has_its_text(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let over = FileAct::HandedOver {
        to: line("昆都仑区公安分局"),
        receipt: Some(line("受案回执2026-17")),
        approved_by: Some(line("局长")),
        reason: why("涉嫌捏造事实骗取赔偿"),
    };
    let elsewhere = Ruling::NotCompetent {
        competent: Some(line("青山区市场监督管理局")),
        reason: why("经营地在青山区"),
    };
    let not_ours = Ruling::Refuse { ground: RefusalGround::NotOurDuty, reason: why("属劳动争议") };
    let found_later = Verb::Close {
        disposition: Disposition::GroundFoundLater,
        termination: None,
        ground: Some(RefusalGround::HandledElsewhere),
        on: None,
        recovered: None,
        note: Some(why("区法院已立案")),
    };
    // Received under Order 20 where 52 days before: whoever gave a name is told whether a report is filed.
    let ways = [
        ("K1", Track::Report, 52, vec![decide(Ruling::File, None)]),
        (
            "K2",
            Track::Report,
            52,
            vec![decide(Ruling::NotFile { reason: why("查无实据"), basis: None }, None)],
        ),
        ("K3", Track::Report, 0, vec![decide(elsewhere, None)]),
        ("K4", Track::Complaint, 0, vec![decide(not_ours, None)]),
        ("K5", Track::Complaint, 0, vec![accept(), record(on(0), over)]),
        ("K6", Track::Complaint, 0, vec![accept(), found_later]),
        ("K7", Track::Complaint, 0, vec![accept(), close(Disposition::SelfSettled, None)]),
    ];
    let mut texts = Vec::new();
    for (number, track, days_ago, verbs) in ways {
        let item = if track == Track::Complaint {
            complaint(number, 1, days_ago)
        } else {
            report(number, 2, days_ago)
        };
        hall.file(item).await;
        let file = named(number, track);
        let verbs = [Verb::SignFor].into_iter().chain(verbs).collect();
        hall.lead(&file, verbs).await;
        let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
        texts.extend(seen.drafts.into_iter().map(|draft| draft.text));
    }
    // Title, what is said, who says it when: the printed page goes by that.
    assert!(texts.iter().all(|text| text.split("\n\n").count() == 3));
    insta::assert_snapshot!("notices_of_every_kind", texts.join("\n\n----\n\n"));
    hall.world.close().await;
}
