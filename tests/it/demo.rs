//! `triage demo --once`, as a person runs it: it ends well, shows what it promises, and leaves a history that replays.

use std::process::{Command, Output};

fn triage(arguments: &[&str]) -> Output {
    let run =
        Command::new(env!("CARGO_BIN_EXE_triage")).args(arguments).env_remove("TRIAGE_DATABASE").output();
    run.unwrap()
}

#[test]
fn a_tour_ends_well_and_replays() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("demo").display().to_string();
    let tour = triage(&["demo", "--once", "--dir", &data, "--items", "900"]);
    let said = String::from_utf8(tour.stdout).unwrap();
    assert!(tour.status.success(), "{said}\n{}", String::from_utf8_lossy(&tour.stderr));
    let mut rest = said.as_str();
    for expected in [
        "两年的投诉举报",
        "训练模型并启用",
        "正在 127.0.0.1:",
        "送来一件投诉",
        "候选单位",
        "“非生活消费需要”疑似程度（参考）：",
        "1150203",
        "仅供参考",
        "送来一件举报",
        "已签收",
        "研判意见：疑似不属于生活消费需要",
        "demo-live-complaint 投诉件：已办结",
        "demo-live-report 举报件：已办结",
        "登记前",
        "用时（秒）",
    ] {
        let (_, after) =
            rest.split_once(expected).unwrap_or_else(|| panic!("{expected} is missing:\n{said}"));
        rest = after;
    }
    assert!(!said.contains("虚构人员") && !said.contains("1000000"), "no person is printed");

    let replay = triage(&["--data", &data, "replay", "--json"]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stdout));
    let again = triage(&["demo", "--once", "--dir", &data]);
    assert!(!again.status.success(), "a directory that is not empty is left alone");
    assert!(String::from_utf8_lossy(&again.stderr).contains("不是空目录"));
}
