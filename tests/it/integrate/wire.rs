//! Calls whose messages are known from the descriptors alone, as JSON.

use bytes::{Buf as _, BufMut as _};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::Serialize;
use serde_json::Value;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use triage::grpc::pb;

use crate::support::Called;

/// What a page cannot know before: it shows this instead.
const UNKNOWN: &str = "\"…\"";
/// Fields that are shown so: made with the key of the bureau, or of the shipped model.
const HIDDEN: [&str; 5] = ["cursor", "score", "log_odds", "model", "schema_hash"];

pub(super) fn contract() -> DescriptorPool {
    DescriptorPool::decode(pb::DESCRIPTORS).unwrap()
}

/// One caller's or several callers' calls, one after the other.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    answer: Option<Result<DynamicMessage, Status>>,
    /// The newest `token` and `cursor` of an answer: what the next request has to say.
    token: String,
    cursor: String,
}

impl Exchange {
    /// Sends what the page says; the token is that of the answer before. Returns the request as the page has to show it.
    pub(super) async fn call(&mut self, caller: Called, method: &str, text: &str) -> String {
        let text = with_value(text, "token", &format!("{:?}", self.token));
        let sent = text.replace(UNKNOWN, &format!("{:?}", self.cursor));
        let pool = contract();
        let (service, name) = method.split_once('/').unwrap();
        let service = pool.get_service_by_name(&format!("triage.v1.{service}")).unwrap();
        let described = service.methods().find(|one| one.name() == name).unwrap();
        let mut json = serde_json::Deserializer::from_str(&sent);
        let request = DynamicMessage::deserialize(described.input(), &mut json).unwrap();
        json.end().unwrap();
        let mut grpc = tonic::client::Grpc::new(caller);
        grpc.ready().await.unwrap();
        let path = format!("/triage.v1.{method}").parse().unwrap();
        let answer = grpc.unary(Request::new(request.encode_to_vec()), path, Bytes).await;
        let answer = answer.map(|answer| {
            DynamicMessage::decode(described.output(), answer.into_inner().as_slice()).unwrap()
        });
        if let Ok(message) = &answer {
            let json = serde_json::to_value(message).unwrap();
            for (kept, name) in [(&mut self.token, "token"), (&mut self.cursor, "cursor")] {
                if let Some(value) = found(&json, name) {
                    value.clone_into(kept);
                }
            }
        }
        self.answer = Some(answer);
        text
    }

    /// The answer as the page has to show it.
    pub(super) fn answer(&self) -> String {
        let message = match self.answer.as_ref().unwrap() {
            Ok(message) => message,
            Err(status) => panic!("refused: {status:?}"),
        };
        let mut json = serde_json::Serializer::pretty(Vec::new());
        let options = SerializeOptions::new().use_proto_field_name(true);
        message.serialize_with_options(&mut json, &options).unwrap();
        let mut text = String::from_utf8(json.into_inner()).unwrap() + "\n";
        for name in HIDDEN {
            text = with_value(&text, name, UNKNOWN);
        }
        without_model(&text)
    }

    /// The refusal as the page has to show it.
    pub(super) fn refusal(&self) -> String {
        #[derive(Serialize)]
        struct Refusal {
            code: String,
            reason: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            fields: Vec<String>,
            message: String,
        }
        let status = self.answer.as_ref().unwrap().as_ref().unwrap_err();
        let (reason, fields) = crate::support::refusal(status);
        let message = status.get_error_details().localized_message().unwrap().message.clone();
        let refusal = Refusal { code: code(status.code()), reason, fields, message };
        serde_json::to_string_pretty(&refusal).unwrap() + "\n"
    }
}

/// `AlreadyExists` as `ALREADY_EXISTS`.
fn code(code: Code) -> String {
    let mut name = String::new();
    for c in format!("{code:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

/// The text of a field, wherever it stands.
fn found<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    match json {
        Value::Object(fields) => {
            let own = fields.get(name).and_then(Value::as_str);
            own.or_else(|| fields.values().find_map(|value| found(value, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| found(item, name)),
        _ => None,
    }
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

fn joined(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// Pretty JSON with another value of a field that has a line of its own.
fn with_value(text: &str, name: &str, value: &str) -> String {
    let key = format!("\"{name}\": ");
    joined(text.lines().map(|line| {
        let comma = if line.ends_with(',') { "," } else { "" };
        let is_it = line.trim_start().starts_with(&key);
        if is_it { format!("{}{key}{value}{comma}", indent(line)) } else { line.to_owned() }
    }))
}

/// What another model would say otherwise is left out: the vector, and all reasons but the first one, which says whose the model is.
fn without_model(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        kept.push(line.to_owned());
        if ["\"vector\": [", "\"reasons\": ["].contains(&line.trim_start()) {
            let indent = indent(line);
            let mut items = Vec::new();
            let mut end = lines.next().unwrap();
            while !end.starts_with(&format!("{indent}]")) {
                items.push(end);
                end = lines.next().unwrap();
            }
            let first = items.iter().position(|line| *line == format!("{indent}  }},"));
            kept.extend(items.iter().take(first.map_or(0, |last| last + 1)).map(|line| (*line).to_owned()));
            kept.extend([format!("{indent}  {UNKNOWN}"), end.to_owned()]);
        }
    }
    joined(kept)
}

/// The codec of a message that is bytes already.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
