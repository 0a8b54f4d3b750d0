//! One person's record (本人信息): everything that is held on somebody as complainant or reporter, for himself alone.

use maud::{Markup, html};
use serde::Serialize;

use super::{Dossier, Fact, html as pages};
use crate::domain::disclosure::Right;
use crate::domain::personal::Personal;
use crate::domain::plain::written_out;
use crate::domain::time::Day;

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 1;

/// What is held on one person. Days and times are of UTC+8, amounts in fen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonRecord {
    /// Layout of this document.
    pub format: u32,
    /// The bureau, by its name.
    pub bureau: String,
    /// The number of the request.
    pub request: String,
    /// By which right it is given.
    pub right: Right,
    /// The day as of which it is.
    pub as_of: Day,
    /// That older files were purged, and after how long; none where nothing is.
    pub retention: Option<String>,
    /// What was sent, and what became of it, the oldest first.
    pub files: Personal<Vec<PersonFile>>,
    /// Files under the same telephone or document whose sender is somebody else, or cannot be told to be this person: not in here.
    #[serde(skip)]
    pub others: usize,
}

/// What is held on one file of the person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonFile {
    /// All that was sent, whole.
    pub sent: Vec<Fact>,
    /// The officer's own findings, with their reasons.
    pub findings: Vec<String>,
    /// What a score said of it, in words: its band and its reasons, without other people's complaints.
    pub score: Vec<String>,
    /// What was done, as its sender may read it.
    pub dossier: Dossier,
}

/// What a record is made of.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bureau: String,
    pub(crate) request: String,
    pub(crate) right: Right,
    pub(crate) as_of: Day,
    pub(crate) retention: Option<String>,
    pub(crate) files: Vec<PersonFile>,
    pub(crate) others: usize,
}

impl From<Held> for PersonRecord {
    fn from(Held { bureau, request, right, as_of, retention, files, others }: Held) -> Self {
        let files = files.into();
        Self { format: FORMAT, bureau, request, right, as_of, retention, files, others }
    }
}

impl PersonRecord {
    /// As JSON, for a program.
    ///
    /// # Errors
    /// When it cannot be written down, which does not happen.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(written_out(&serde_json::to_string_pretty(self)?).into_owned() + "\n")
    }

    /// As one HTML page that needs nothing else, for people and for paper.
    #[must_use]
    pub fn to_html(&self) -> String {
        let files = self.files.expose();
        let body = html! {
            header {
                h1 { "本人信息" (self.right.zh()) "材料" }
                table.facts {
                    tr { th { "提供单位" } td { (self.bureau) } th { "申请编号" } td { (self.request) } }
                    tr { th { "截至" } td { (self.as_of.zh()) } th { "件数" } td { (files.len()) } }
                }
            }
            p.note { "仅供申请人本人。本材料列出本单位以申请人为投诉人、举报人登记的全部投诉、举报，及其办理情况；不含他人信息。" }
            @if let Some(retention) = &self.retention { p.note { (retention) } }
            @if files.is_empty() { p { "没有以申请人为投诉人、举报人的登记。" } }
            @for file in files { (one(file)) }
            p.note { "评分仅供办理人员参考，不作为决定的依据；正文中提到的其他人的姓名，程序可能未能识别，交付前请人工复核。" }
        };
        crate::page::page(&format!("本人信息{}材料 {}", self.right.zh(), self.request), pages::STYLE, &body)
    }
}

fn one(file: &PersonFile) -> Markup {
    let dossier = &file.dossier;
    let lines = |lines: &[String]| {
        (!lines.is_empty()).then(|| html! { ul { @for line in lines { li.text { (line) } } } })
    };
    html! {
        h1 { (dossier.track.zh()) "件 " (dossier.number) }
        (pages::section("登记内容（全部）", pages::facts(&file.sent)))
        (pages::section("研判意见及理由", lines(&file.findings)))
        (pages::section("评分及其理由", lines(&file.score)))
        (pages::section("办理情况", pages::facts(&dossier.standing)))
        (pages::section("决定及理由", pages::decisions(dossier)))
        (pages::section("告知及凭证", pages::notices(dossier)))
        (pages::section("办理经过", pages::timeline(dossier)))
        (pages::section("法定期限", pages::terms(&dossier.terms)))
        (pages::section("复议、诉讼", pages::facts(&dossier.reviews)))
    }
}
