//! The figures of a period, asked for and sent (统计). The document goes as it is: its bytes are what is promised.

use super::{finish, unlisted};
use crate::domain::time::{Day, Days};
use crate::domain::violation::{Invalid, Violations};
use crate::figures::Figures;
use crate::grpc::pb;
use crate::service::Failure;

/// Years that the figures of one period may cover.
const YEARS_MOST: i16 = 10;

/// In which form figures go out (格式).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::grpc) enum FiguresForm {
    Html,
    Json,
    Xlsx,
}

pub(in crate::grpc) fn get_figures(sent: &pb::GetFiguresRequest) -> Result<(Days, FiguresForm), Failure> {
    let mut v = Violations::default();
    let from = v.take("from_on", Day::parse(&sent.from_on));
    let to = v.take("to_on", Day::parse(&sent.to_on));
    let period = from.zip(to).and_then(|(from, to)| v.take("to_on", period(from, to)));
    let form = match pb::FiguresFormat::try_from(sent.format) {
        Ok(pb::FiguresFormat::Html) => Some(FiguresForm::Html),
        Ok(pb::FiguresFormat::Json) => Some(FiguresForm::Json),
        Ok(pb::FiguresFormat::Xlsx) => Some(FiguresForm::Xlsx),
        Ok(pb::FiguresFormat::Unspecified) | Err(_) => v.take("format", Err(unlisted(sent.format))),
    };
    finish(v, period.zip(form))
}

fn period(from: Day, to: Day) -> Result<Days, Invalid> {
    if to < from {
        return Err(Invalid::new("is before from_on", "截止日早于起始日"));
    }
    if to > from.years_later(YEARS_MOST) {
        return Err(Invalid::new("is more than ten years after from_on", "统计期间不能超过十年"));
    }
    Ok(Days::between(from, to))
}

pub(in crate::grpc) fn figures(seen: &Figures, form: FiguresForm) -> Result<pb::GetFiguresResponse, Failure> {
    let (document, media_type) = match form {
        FiguresForm::Html => (seen.to_html().into_bytes(), "text/html; charset=utf-8"),
        FiguresForm::Json => {
            (seen.to_json().map_err(|_| Failure::Internal)?.into_bytes(), "application/json")
        }
        FiguresForm::Xlsx => (
            seen.to_sheet().map_err(|_| Failure::Internal)?,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    };
    Ok(pb::GetFiguresResponse { document, media_type: media_type.to_owned() })
}
