//! `triage notice`: the notices that are owed on a file (告知文书草稿), one a page, to be checked, printed and sent.

use std::path::PathBuf;

use maud::{Markup, html};

use super::TrackArgument;
use super::document::deliver;
use crate::app::App;
use crate::domain::command::FileRef;
use crate::domain::ids::{BureauId, RegistrationNumber, Track};
use crate::domain::view::Draft;
use crate::page::page;

const STYLE: &str = include_str!("notice.css");

/// What `--help` says below the options.
pub(super) const HELP: &str = "\
按件上已登记的决定，把现在应当告知的各项（受理、不予受理、终止调解、立案与否、移送等）做成文书草稿，每份一页，可打印。
文书请核对后送达，再登记告知；本程序不对外发送。材料含个人信息，只写成本人可读的文件；每次制作都有查看记录。

示例（不指定 --out 时写成当前目录下的 notice-登记编号.html）：
  triage notice 1150203000000000000001
  triage notice 1150203000000000000001 --track report --out 告知书.html";

/// What the command was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 登记编号
    number: String,
    /// 投诉件或者举报件；不指定时为投诉件
    #[arg(long)]
    track: Option<TrackArgument>,
    /// 写到这个文件，已有的会被替换；“-”为标准输出
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the notices that are owed; gives what to print.
pub(super) async fn make(
    app: &App,
    bureau: BureauId,
    asked: Arguments,
) -> Result<String, Box<dyn std::error::Error>> {
    let number = RegistrationNumber::parse(asked.number.trim()).map_err(super::office::invalid)?;
    let track = asked.track.map_or(Track::Complaint, Into::into);
    let reference = FileRef { number: number.clone(), track };
    let access = async |service: &crate::service::Service, caller: &_| service.file(caller, &reference).await;
    let drafts = app.access(bureau, access).await?.drafts;
    if drafts.is_empty() {
        return Ok(format!("{}件 {number} 现在没有应当告知的事项。", track.zh()));
    }
    let what = format!("告知文书草稿 {} 份", drafts.len());
    Ok(deliver(&document(&drafts), asked.out, Some(format!("notice-{number}.html")), &what)?)
}

/// All of them, each on a page of its own.
fn document(drafts: &[Draft]) -> String {
    page("告知文书草稿", STYLE, &html! { @for draft in drafts { (notice(&draft.text)) } })
}

/// A text consists of a title, what is said, and who says it when, with an empty line between them.
fn notice(text: &str) -> Markup {
    let (title, rest) = text.split_once("\n\n").unwrap_or(("", text));
    let (said, signed) = rest.rsplit_once("\n\n").unwrap_or((rest, ""));
    html! {
        section {
            h1 { (title) }
            p { (said) }
            p.signed { (signed) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_has_its_title_its_words_and_its_signature_apart() {
        let seen = notice("终止调解告知书\n\n王某：\n　　特此告知<b>。\n\n某局\n2026年6月1日").into_string();
        let wanted = "<section><h1>终止调解告知书</h1><p>王某：\n　　特此告知&lt;b&gt;。</p>\
                      <p class=\"signed\">某局\n2026年6月1日</p></section>";
        assert_eq!(seen, wanted);
    }
}
