//! A bureau file drafted from what an office has (机构文件草稿) loads, and decides what past exports showed.

use std::os::unix::fs::MetadataExt as _;
use std::process::{Command as Process, Output};

use rstest::rstest;
use triage::app::Config;

use crate::support::server::arguments;
use crate::support::{Backend, fresh, rows};

const HEADER: &str =
    "登记编号,登记时间,类型,企业名称,企业地址,客体类别,具体问题,办理情况状态,处理部门,办结时间";
const STAFF: &str = "某某区市场监督管理局单位人员表,,,,\n序号,部门,姓名,执法证号,职务\n1,投诉举报中心,示例零,01001,主任\n\
    2,东街市场监督管理所,示例一,01002,所长\n3,,示例二,01003,\n4,西街市场监督管理所,示例三,01004,所长\n5,药械股,示例四,,股长\n";

fn triage(config: &Config, words: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    process.env_remove("TRIAGE_DATABASE").env_remove("TRIAGE_DATA");
    process.args(arguments(config)).args(words).output().unwrap()
}

fn does(config: &Config, words: &[&str]) -> String {
    let output = triage(config, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Ended rows of May: who handled what lies where.
fn may() -> String {
    let ended = |number: usize, street: &str, unit: &str, object: &str| {
        format!(
            "M{number},2026-05-04 10:00:00,投诉,某店,某某市某某区{street}街道甲路{number}号,{object},不退费,已办结,{unit},2026-05-20\n"
        )
    };
    let rows = (0..12).map(|at| match at % 4 {
        0 | 1 => ended(at, "东街", "东街所", "商品->食品"),
        2 => ended(at, "西街", "某某区市场监督管理局西街所", "商品->食品"),
        _ => ended(at, "西街", "药械股", "商品->药品"),
    });
    format!("{HEADER}\n{}", rows.collect::<String>())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn two_spreadsheets_become_a_bureau_file_that_routes(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (export, staff, next, out) =
        (path("五月.csv"), path("单位人员表.csv"), path("六月.csv"), path("bureau.toml"));
    std::fs::write(&export, may()).unwrap();
    std::fs::write(&staff, STAFF).unwrap();
    let said = does(&config, &["bureau", "draft", "--from", &export, "--units", &staff, "--out", &out]);
    assert!(said.contains("单位 4 个，人员 5 名"), "{said}");
    assert!(said.contains("共 12 件，其中 12 件"), "{said}");
    assert!(said.contains("triage bureau load") && !said.contains("没有写明"), "{said}");
    assert_eq!(std::fs::metadata(&out).unwrap().mode() & 0o777, 0o600, "it names officers");
    assert!(!config.data.join("identity.key").exists(), "drafting makes no bureau");
    let again = triage(&config, &["bureau", "draft", "--from", &export, "--out", &out]);
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("已存在"),
        "a file that was corrected is not written over"
    );

    // An export that names the bureau alone shows which places there are, and not whose.
    let (alone, to_fill) = (path("只写本局.csv"), path("待填.toml"));
    let bureau_alone =
        may().replace("东街所", "某某区市场监督管理局").replace("药械股", "某某区市场监督管理局");
    std::fs::write(&alone, bureau_alone.replace("西街所", "")).unwrap();
    let said = does(&config, &["bureau", "draft", "--from", &alone, "--units", &staff, "--out", &to_fill]);
    assert!(said.contains("没有写明办理的所、股室"), "{said}");
    let drafted = std::fs::read_to_string(&to_fill).unwrap();
    assert!(
        drafted.contains("# { name = \"东街街道\", station = \"\" }, # 6 件，没有写明办理的单位"),
        "{drafted}"
    );

    // What the draft could not name is said when it is loaded as it stands.
    let unnamed = path("无名.toml");
    does(&config, &["bureau", "draft", "--from", &export, "--out", &unnamed]);
    let said = does(&config, &["bureau", "load", &unnamed]);
    assert!(said.contains("名称还没有改：") && said.contains("请改为实际名称"), "{said}");
    let said = does(&config, &["bureau", "load", &out]);
    assert!(!said.contains("请改为实际名称"), "{said}");
    let open = |number: &str, address: &str, object: &str| {
        format!("{number},2026-06-04 10:00:00,投诉,某店,{address},{object},不退费,待受理,,\n")
    };
    let june = [
        open("J1", "某某区东街街道乙路3号", "商品->食品"),
        open("J2", "某某区西街街道乙路3号", "商品->食品"),
        open("J3", "某某区东街街道乙路3号", "商品->药品->中药"),
        open("J4", "别区北街街道乙路3号", "商品->食品"),
        open("J5", "乙路3号", "商品->食品"),
    ];
    std::fs::write(&next, format!("{HEADER}\n{}", june.concat())).unwrap();
    does(&config, &["import", &next]);
    let units = "SELECT f.number, f.unit FROM file f ORDER BY f.number";
    let routed = rows::rows(&config, units).await;
    assert_eq!(routed, ["J1 | u02", "J2 | u03", "J3 | u04", "J4 | jieshou", "J5 | jieshou"]);

    let wrong = path("不是.csv");
    std::fs::write(&wrong, "甲,乙\n1,2\n").unwrap();
    let refused =
        triage(&config, &["bureau", "draft", "--from", &export, "--units", &wrong, "--out", &path("x.toml")]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("“姓名”两列"), "{refused:?}");
}
