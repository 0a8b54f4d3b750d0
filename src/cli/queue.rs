//! `triage queue`: what waits at a unit, in the order of its pulls, and who has the rest. No order by suspicion.

use super::table::{or_dash, table};
use crate::app::App;
use crate::domain::decision::Band;
use crate::domain::handling::Status;
use crate::domain::ids::{BureauId, Track, UnitId};
use crate::domain::time::Timestamp;
use crate::service::overview::{OpenFile, Queue};

/// What a unit's queue prints: one table a track, or JSON.
pub async fn queue(
    app: &App,
    bureau: BureauId,
    unit: &UnitId,
    track: Option<Track>,
    most: u32,
    json: bool,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut queues = Vec::new();
    for track in Track::ALL.into_iter().filter(|one| track.is_none_or(|only| only == *one)) {
        queues.push(
            app.access(bureau, async |service, caller| service.queue(caller, unit, track, most).await)
                .await?,
        );
    }
    if json {
        return Ok(serde_json::to_string_pretty(&queues)?);
    }
    Ok(queues.iter().map(text).collect::<Vec<_>>().join("\n\n"))
}

/// The last day, and the one by the bureau's own reading where that is another.
fn due(file: &OpenFile) -> String {
    match (file.due_on, file.ends_on) {
        (Some(due), Some(ends)) if ends != due => format!("{due}（本局口径 {ends}）"),
        (due, _) => or_dash(due),
    }
}

fn text(queue: &Queue) -> String {
    let Queue { unit, name, track, open, files } = queue;
    let shown = if i64::try_from(files.len()).is_ok_and(|listed| listed < *open) {
        format!("，列出前 {} 件", files.len())
    } else {
        String::new()
    };
    let heading = format!("{name}（{unit}）　{}件　未结 {open} 件{shown}", track.zh());
    if files.is_empty() {
        return heading;
    }
    let files = || (1..).zip(files);
    let common = |number: i32, file: &OpenFile| {
        let respondent = or_dash(file.respondent.as_ref());
        (
            number.to_string(),
            file.number.to_string(),
            file.received_at.display(),
            due(file),
            respondent,
            place(file),
            notes(file),
        )
    };
    let table = if *track == Track::Complaint {
        let row = |(at, file): (i32, &OpenFile)| {
            let (at, number, received, due, respondent, place, notes) = common(at, file);
            [at, number, received, due, respondent, place, or_dash(file.band.map(Band::zh)), notes]
        };
        let headings = ["次序#", "登记编号", "接收时间", "届满日", "被投诉人", "状态", "档次", "备注"];
        table(headings, files().map(row))
    } else {
        let row = |(at, file): (i32, &OpenFile)| {
            let (at, number, received, due, respondent, place, notes) = common(at, file);
            [at, number, received, due, respondent, place, notes]
        };
        table(["次序#", "登记编号", "接收时间", "届满日", "被举报人", "状态", "备注"], files().map(row))
    };
    format!("{heading}\n{table}")
}

/// The status of a file and who has it.
fn place(file: &OpenFile) -> String {
    let time = |at: Timestamp| at.display().get(5..16).unwrap_or_default().to_owned();
    match (&file.holder, file.skipped_until) {
        (Some(holder), _) => {
            let officer = or_dash(holder.officer.as_ref());
            match holder.until {
                Some(until) => format!("{officer} 领取至 {}", time(until)),
                None => format!("{officer} {}", file.status.zh()),
            }
        }
        (None, Some(until)) => format!("已跳过，{} 后再派", time(until)),
        (None, None) if file.status == Status::Waiting => "待领取".to_owned(),
        (None, None) => file.status.zh().to_owned(),
    }
}

fn notes(file: &OpenFile) -> String {
    let urged = (file.urges > 0).then(|| format!("催办 {} 次", file.urges));
    let withdrawn = file.withdrawn.then(|| "已撤回".to_owned());
    let skipped = (file.skips > 0).then(|| format!("跳过 {} 次", file.skips));
    let warned = file.warned_at.map(|_| "逾时未签收".to_owned());
    let danger = file.danger.then(|| "危险情形".to_owned());
    [danger, urged, skipped, warned, withdrawn].into_iter().flatten().collect::<Vec<_>>().join("，")
}
