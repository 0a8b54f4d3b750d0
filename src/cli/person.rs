//! `triage person`: one person's record, on a lawful request of that person.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Deserialize;

use super::document::deliver;
use super::office::{OfficeError, invalid};
use super::say;
use crate::app::App;
use crate::domain::caller::Caller;
use crate::domain::disclosure::{Disclosure, Person, Right};
use crate::domain::ids::BureauId;
use crate::domain::person::{Phone, ResidentId};
use crate::domain::text::Line;
use crate::service::Service;

const EXPORT_HELP: &str = "\
依本人申请（个人信息保护法第四十五条），列出以其为投诉人、举报人登记的全部件：所提内容、研判意见及理由、评分理由、决定、告知和办理
经过。申请人的身份须先行核验。姓名、电话、证件号码不写在参数中，由文件读取（--from -  为标准输入），格式：

  name = \"王某\"
  phones = [\"13900000001\"]        # 可以有几个
  id_number = \"…\"                 # 可不填

证件号码相同的，或者姓名和电话都相同的，才列入：一个号码可能是几个人的。申请编号和每一件的提供都记入审计记录；记不下来的，不提供。
写成只有本人可读的文件；评分理由不含他人的件。材料交付前由承办人员复核。

示例：
  triage person export --request 信查〔2026〕3号 --from 申请人.toml --out 本人信息.html
  triage person export --request 信查〔2026〕3号 --copy --from - --json < 申请人.toml > 本人信息.json";

/// What is done with one person's record.
#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// 依本人申请，提供本单位持有的其本人信息
    #[command(after_help = EXPORT_HELP)]
    Export(Arguments),
}

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 申请编号
    #[arg(long, value_name = "编号")]
    request: String,
    /// 载有申请人姓名、电话、证件号码的文件；“-”为标准输入
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// 复制；不加时为查阅
    #[arg(long)]
    copy: bool,
    /// 输出 JSON；不指定 --out 时写到标准输出
    #[arg(long)]
    json: bool,
    /// 写到这个文件，已有的会被替换；“-”为标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Who asks, as the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRow {
    name: String,
    #[serde(default)]
    phones: Vec<String>,
    #[serde(default)]
    id_number: Option<String>,
}

pub(super) async fn person(
    app: &App,
    bureau: BureauId,
    PersonCommand::Export(asked): PersonCommand,
) -> Result<(), Box<dyn std::error::Error>> {
    let person = read(&asked.from)?;
    let request = Line::parse(&asked.request).map_err(invalid)?;
    let right = if asked.copy { Right::Copy } else { Right::Look };
    let id = app.request_id()?;
    let give = async |service: &Service, caller: &Caller| {
        service.person_record(caller, id, &person, Disclosure { request, right }).await
    };
    let record = app.access(bureau, give).await?;
    let document = if asked.json { record.to_json()? } else { record.to_html() };
    let usual = (!asked.json).then(|| "person.html".to_owned());
    say(&deliver(&document, asked.out, usual, "本人信息")?)?;
    if !asked.json {
        say(&format!("  共 {} 件", record.files.expose().len()))?;
        if record.others > 0 {
            say(&format!(
                "  另有 {} 件登记了所给的号码，但姓名、证件不同或者没有登记，没有列入；不得告知申请人",
                record.others
            ))?;
        }
    }
    Ok(())
}

/// Nothing of what the file says is put into an error.
fn read(path: &Path) -> Result<Person, Box<dyn std::error::Error>> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        crate::exchange::read_text(path)?
    };
    let unreadable =
        || OfficeError::Invalid("申请人文件的格式不对，见 triage person export --help".to_owned());
    let row: PersonRow = toml::from_str(&text).map_err(|_| unreadable())?;
    let phones = row.phones.iter().map(|phone| Phone::parse(phone)).collect::<Result<Vec<_>, _>>();
    let document = row.id_number.filter(|text| !text.trim().is_empty());
    let document = document.map(|text| ResidentId::parse(&text)).transpose();
    let person = Person {
        name: Line::parse(&row.name).map_err(invalid)?,
        phones: phones.map_err(invalid)?,
        resident_id: document.map_err(invalid)?,
    };
    if person.phones.is_empty() && person.resident_id.is_none() {
        return Err(OfficeError::Invalid("请填写电话或者证件号码，仅凭姓名不能查找".to_owned()).into());
    }
    Ok(person)
}
