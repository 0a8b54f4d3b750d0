//! The draft as text: every entry with its count, what is not sure as a comment.

use std::fmt::Write as _;

use super::places::{Doubt, Entry, Found, Line, Operator};
use super::staff::{Kind, Office};
use super::{Draft, PastRow};
use crate::domain::text::Line as OneLine;

const HEAD: &str = "\
# 机构文件草稿，由 triage bureau draft 根据单位人员表和以往的导出文件写成，供本局核对、修改。
#
# 每项后面是以往办理的件数。街道、道路、小区、经营者有 2 件以上、其中四分之三以上由同一个所办理的，专门业务有 3 件以上、其中五分之四
# 以上由同一股室、大队办理的，写成正式的项；不足的、与街道划分不一致的，写成注释（行首为 #），核对后去掉 # 即可启用。
# 也曾由其他所办理的，只注明件数：两个以上的所都有处理权限，须有授权文件，写入 alternates 和 authorised_by。
# 核对后执行：triage bureau load 本文件。其余设置见 examples/kundulun.toml，均可不写。
";

/// Commented-out entries of one table at most; the rest is counted.
const DOUBTFUL_MOST: usize = 60;

/// Writes the draft.
pub(super) fn write(office: &Office, found: &Found, past: &[PastRow]) -> Draft {
    let mut text = String::from(HEAD);
    head(&mut text, office, found);
    units(&mut text, office);
    officers(&mut text, office);
    let mut entries = Vec::new();
    let table =
        |text: &mut String, name: &str, what: &str, rows: &[Entry], more: &dyn Fn(&Entry) -> String| {
            table(text, office, name, what, rows.iter().map(|entry| (entry, more(entry))).collect())
        };
    let none = |_: &Entry| String::new();
    let kind = |entry: &Entry| format!("kind = {}, ", quoted(super::address::kind(&entry.name)));
    let code = |operator: &Operator| format!("code = {}, ", quoted(&operator.code));
    entries.push(("街道", table(&mut text, "subdistrict", "街道、镇", &found.subdistricts, &none)));
    entries.push((
        "道路",
        table(
            &mut text,
            "street",
            "道路（全程在一处的；跨辖区的请按号段 numbers 分写）",
            &found.roads,
            &none,
        ),
    ));
    entries.push(("小区、市场", table(&mut text, "place", "小区、市场、商场、楼宇", &found.places, &kind)));
    let operators = found.operators.iter().map(|one| (&one.entry, code(one))).collect();
    let operators = self::table(&mut text, office, "operator", "登记名册", operators);
    entries.push(("登记名册", operators));
    entries.push(("专门业务", lines(&mut text, office, &found.lines)));
    unknown(&mut text, office);
    Draft {
        text,
        units: office.units.len(),
        officers: office.officers.len(),
        matched: past.iter().filter(|row| office.unit(row).is_some()).count(),
        rows: past.len(),
        entries: entries.into_iter().map(|(name, (sure, doubtful))| (name, sure, doubtful)).collect(),
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A text behind a number sign: it ends the comment with the line.
fn noted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn head(text: &mut String, office: &Office, found: &Found) {
    let name = office.bureau.clone().unwrap_or_else(|| "（请填写本局名称）".to_owned());
    let _ = writeln!(text, "\nbureau.name = {}", quoted(&name));
    let _ = writeln!(text, "# 地址中对本辖区的写法（简称请补上），以及外围地名");
    let _ = writeln!(text, "bureau.district_names = [{}]", list(&found.districts));
    let _ = writeln!(text, "bureau.region_names = [{}]", list(&found.regions));
}

fn units(text: &mut String, office: &Office) {
    let _ = writeln!(
        text,
        "\n# 单位。id 可以改（各处一并改）；kind：station 所，division 股室、大队，reception 统一接收机构（只有一个）。"
    );
    if office.is_reception_made_up {
        let _ = writeln!(
            text,
            "# 没有看出哪个单位是统一接收机构（第四十一条），先列了一个，请改名，或者把实际的单位改为 reception。"
        );
    }
    let _ = writeln!(text, "unit = [");
    for unit in &office.units {
        let (id, name) = (quoted(&unit.id), quoted(&unit.name));
        let _ = writeln!(
            text,
            "  {{ id = {id}, name = {name}, kind = \"{}\" }}, # {} 件",
            unit.kind.word(),
            unit.rows
        );
    }
    let _ = writeln!(text, "]");
}

fn officers(text: &mut String, office: &Office) {
    if office.officers.is_empty() {
        let _ = writeln!(
            text,
            "\n# 人员：用 --units 单位人员表 写入，或者照此补上；没有人员的单位不计入负荷的分母。"
        );
        let _ =
            writeln!(text, "# officer = [\n#   {{ id = \"工号\", name = \"姓名\", unit = \"u01\" }},\n# ]");
        return;
    }
    let _ = writeln!(text, "\n# 人员。请假、培训等不在岗的，加写 away；非全日的加写 percent。\nofficer = [");
    for officer in &office.officers {
        let unit = office.units.get(officer.unit).map_or("", |unit| unit.id.as_str());
        let (id, name, unit) = (quoted(&officer.id), quoted(officer.name.expose()), quoted(unit));
        let post = officer.post.as_deref().map(noted).unwrap_or_default();
        let number = if officer.is_numbered_here { "表中没有可用的编号，暂编" } else { "" };
        let note = [post.as_str(), number]
            .into_iter()
            .filter(|note| !note.is_empty())
            .collect::<Vec<_>>()
            .join("；");
        let note = if note.is_empty() { note } else { format!(" # {note}") };
        let _ = writeln!(text, "  {{ id = {id}, name = {name}, unit = {unit} }},{note}");
    }
    let _ = writeln!(text, "]");
}

/// Who handled it, with counts; and why it is doubted.
fn counts(office: &Office, entry: &Entry) -> String {
    let name = |unit: usize| office.units.get(unit).map_or("", |unit| unit.name.as_str());
    let units: Vec<String> =
        entry.tally.ordered().into_iter().map(|(unit, rows)| format!("{} {rows} 件", name(unit))).collect();
    if units.is_empty() {
        return format!("{} 件，没有写明办理的单位", entry.tally.unnamed);
    }
    let doubt = match entry.doubt {
        Some(Doubt::AgainstSubdistrict) => "；与同一地址中街道的所不一致",
        Some(Doubt::BareKind) => "；只是一类地方的名称，请写全名",
        Some(Doubt::Branches) => "；有分店，请分别写明",
        Some(Doubt::Few) | None => "",
    };
    noted(&format!("{}{doubt}", units.join("，")))
}

/// Names that a bureau file takes.
fn is_whole(entry: &Entry) -> bool {
    entry.name.chars().count() >= 2 && OneLine::parse(&entry.name).is_ok()
}

/// One table of places; gives how many entries are sure, and how many are not.
fn table(
    text: &mut String,
    office: &Office,
    name: &str,
    what: &str,
    rows: Vec<(&Entry, String)>,
) -> (usize, usize) {
    let (sure, doubtful): (Vec<_>, Vec<_>) =
        rows.into_iter().filter(|(entry, _)| is_whole(entry)).partition(|(entry, _)| entry.doubt.is_none());
    let line = |(entry, more): &(&Entry, String)| {
        let station =
            entry.tally.most().and_then(|unit| office.units.get(unit)).map_or("", |unit| unit.id.as_str());
        let (name, station) = (quoted(&entry.name), quoted(station));
        format!("{{ {more}name = {name}, station = {station} }}, # {}", counts(office, entry))
    };
    let _ = writeln!(
        text,
        "\n# {what}：{} 项；另有 {} 项未定，写成注释。\n{name} = [",
        sure.len(),
        doubtful.len()
    );
    for row in &sure {
        let _ = writeln!(text, "  {}", line(row));
    }
    for row in doubtful.iter().take(DOUBTFUL_MOST) {
        let _ = writeln!(text, "  # {}", line(row));
    }
    if doubtful.len() > DOUBTFUL_MOST {
        let _ = writeln!(text, "  # 未定的另有 {} 项，件数更少，不列出。", doubtful.len() - DOUBTFUL_MOST);
    }
    let _ = writeln!(text, "]");
    (sure.len(), doubtful.len())
}

fn lines(text: &mut String, office: &Office, lines: &[Line]) -> (usize, usize) {
    let _ = writeln!(
        text,
        "\n# 专门业务：以往由同一股室、大队办理的类别，不论在本辖区何处。请核对哪些确属其职责。"
    );
    for line in lines {
        let sign = if line.entry.doubt.is_none() { "" } else { "# " };
        let unit = line.entry.tally.most().and_then(|unit| office.units.get(unit));
        let Some(unit) = unit.filter(|unit| unit.kind == Kind::Division) else { continue };
        let by = if line.by_problem { "problem_category_contains" } else { "object_category_contains" };
        let _ = writeln!(text, "\n{sign}[[special_line]] # {}", counts(office, &line.entry));
        let _ = writeln!(text, "{sign}name = {}", quoted(&title(line, lines)));
        let _ = writeln!(text, "{sign}division = {}", quoted(&unit.id));
        if let Some(track) = line.track {
            let _ = writeln!(text, "{sign}tracks = [{}]", quoted(track.word()));
        }
        let _ = writeln!(text, "{sign}{by} = [{}]", quoted(&line.entry.name));
    }
    let sure = lines.iter().filter(|line| line.entry.doubt.is_none()).count();
    (sure, lines.len() - sure)
}

/// What a line is called: by the last level of its category, and by the whole where another line's ends with the same.
fn title(line: &Line, lines: &[Line]) -> String {
    let of = |line: &Line, category: &str| {
        let of_track = line.track.map(|track| format!("（{}）", track.zh())).unwrap_or_default();
        format!("{category}{of_track}{}", if line.by_problem { "问题" } else { "" })
    };
    let short = |line: &Line| of(line, line.entry.name.rsplit("->").next().unwrap_or_default());
    let own = short(line);
    if lines.iter().filter(|other| short(other) == own).count() > 1 {
        of(line, &line.entry.name)
    } else {
        own
    }
}

fn unknown(text: &mut String, office: &Office) {
    if office.unknown.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n# 导出文件中还有以下办理单位，单位人员表中没有同名的：");
    for (name, rows) in &office.unknown {
        let _ = writeln!(text, "#   {} {rows} 件", noted(name));
    }
}
