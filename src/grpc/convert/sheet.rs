//! Evidence sheets, asked for and sent (研判参考材料). The document goes as it is: its bytes are what is promised.

use super::{file_ref, finish, registration_number, unlisted};
use crate::domain::command::FileRef;
use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::violation::{Invalid, Violations};
use crate::dossier::{Dossier, Reader};
use crate::evidence::Sheet;
use crate::grpc::pb;
use crate::service::Failure;

/// In which form a sheet goes out (格式).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceForm {
    /// One HTML page.
    Html,
    /// JSON.
    Json,
}

/// A sheet asked for.
#[derive(Debug)]
pub(in crate::grpc) struct EvidenceAsked {
    pub(in crate::grpc) number: RegistrationNumber,
    pub(in crate::grpc) sequence: Option<Sequence>,
    pub(in crate::grpc) form: EvidenceForm,
}

pub(in crate::grpc) fn get_evidence(sent: &pb::GetEvidenceRequest) -> Result<EvidenceAsked, Failure> {
    let mut v = Violations::default();
    let number = registration_number(&mut v, &sent.registration_number);
    let form = form(&mut v, sent.format);
    let sequence = sent.sequence.map(Sequence);
    finish(v, number.zip(form).map(|(number, form)| EvidenceAsked { number, sequence, form }))
}

fn form(v: &mut Violations, sent: i32) -> Option<EvidenceForm> {
    match pb::EvidenceFormat::try_from(sent) {
        Ok(pb::EvidenceFormat::Html) => Some(EvidenceForm::Html),
        Ok(pb::EvidenceFormat::Json) => Some(EvidenceForm::Json),
        Ok(pb::EvidenceFormat::Unspecified) | Err(_) => v.take("format", Err(unlisted(sent))),
    }
}

/// A dossier asked for.
#[derive(Debug)]
pub(in crate::grpc) struct DossierAsked {
    pub(in crate::grpc) file: FileRef,
    pub(in crate::grpc) form: EvidenceForm,
    pub(in crate::grpc) reader: Reader,
}

pub(in crate::grpc) fn get_dossier(sent: &pb::GetDossierRequest) -> Result<DossierAsked, Failure> {
    let mut v = Violations::default();
    let file = file_ref(&mut v, &sent.file);
    let form = form(&mut v, sent.format);
    let reader = reader(&mut v, sent);
    let asked = file.zip(form).zip(reader);
    finish(v, asked.map(|((file, form), reader)| DossierAsked { file, form, reader }))
}

/// Unless the sender is named as the reader, a dossier for readers outside does not say who that is.
fn reader(v: &mut Violations, sent: &pb::GetDossierRequest) -> Option<Reader> {
    match sent.reader {
        None if sent.outward => Some(Reader::Others),
        None => Some(Reader::Bureau),
        Some(_) if !sent.outward => {
            let wrong = Invalid::new("goes with outward alone", "只有对外的材料才填写查阅人");
            v.take("reader", Err(wrong))
        }
        Some(code) => match pb::DossierReader::try_from(code) {
            Ok(pb::DossierReader::Sender) => Some(Reader::Sender),
            Ok(pb::DossierReader::Others) => Some(Reader::Others),
            Ok(pb::DossierReader::Unspecified) | Err(_) => v.take("reader", Err(unlisted(code))),
        },
    }
}

pub(in crate::grpc) fn dossier(
    seen: &Dossier,
    form: EvidenceForm,
) -> Result<pb::GetDossierResponse, Failure> {
    let (document, media_type) = match form {
        EvidenceForm::Html => (seen.to_html(), "text/html; charset=utf-8"),
        EvidenceForm::Json => (seen.to_json().map_err(|_| Failure::Internal)?, "application/json"),
    };
    Ok(pb::GetDossierResponse {
        document: document.into_bytes(),
        media_type: media_type.to_owned(),
        sequence: seen.as_of_sequence.0,
    })
}

pub(in crate::grpc) fn wire_form(form: EvidenceForm) -> pb::EvidenceFormat {
    match form {
        EvidenceForm::Html => pb::EvidenceFormat::Html,
        EvidenceForm::Json => pb::EvidenceFormat::Json,
    }
}

pub(in crate::grpc) fn sheet(sheet: &Sheet, form: EvidenceForm) -> Result<pb::GetEvidenceResponse, Failure> {
    let (document, media_type) = match form {
        EvidenceForm::Html => (sheet.to_html(), "text/html; charset=utf-8"),
        EvidenceForm::Json => (sheet.to_json().map_err(|_| Failure::Internal)?, "application/json"),
    };
    Ok(pb::GetEvidenceResponse {
        document: document.into_bytes(),
        media_type: media_type.to_owned(),
        sequence: sheet.as_of_sequence.0,
    })
}
