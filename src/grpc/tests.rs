//! The contract, read back from its descriptors: rules for every method, and the rules of the proto files.
//! They hold what `buf lint` with STANDARD and COMMENTS would say, without needing buf.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
};

use super::{auth::METHODS, pb};
use crate::service::Operation;

fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap();
    let ours: Vec<_> = set.file.into_iter().filter(|file| file.package() == "triage.v1").collect();
    assert!(ours.len() >= 9);
    ours
}

fn methods() -> Vec<(String, MethodDescriptorProto)> {
    let services = files().into_iter().flat_map(|file| file.service);
    services
        .flat_map(|service| service.method.clone().into_iter().map(move |m| (service.name().to_owned(), m)))
        .collect()
}

#[test]
fn every_method_is_one_operation_that_somebody_may_ask_for() {
    // Signing in needs no token: the password is the proof, and no rule stands before it.
    let methods = methods().into_iter().filter(|(service, _)| service != "SessionService");
    let served: BTreeSet<String> =
        methods.map(|(service, method)| format!("/triage.v1.{service}/{}", method.name())).collect();
    let ruled: BTreeSet<String> = METHODS.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(served, ruled);
    assert_eq!(METHODS.len(), ruled.len(), "a method has two operations");
    for (path, operation, _) in METHODS {
        assert!(
            !operation.roles().is_empty() || operation.is_own(),
            "{path} is a method that nobody may call"
        );
        let asks: Vec<&str> = METHODS.iter().filter(|row| row.1 == *operation).map(|row| row.0).collect();
        // One submission or a stream of them: the one operation that has two methods.
        let most = if *operation == Operation::Submit { 2 } else { 1 };
        assert_eq!(asks.len(), most, "{asks:?} are one operation");
        let method = path.rsplit('/').next().unwrap().trim_end_matches("Stream");
        assert_eq!(format!("{operation:?}"), method);
    }
}

#[test]
fn requests_and_answers_are_each_methods_own() {
    let mut seen = BTreeSet::new();
    for (service, method) in methods() {
        assert!(service.ends_with("Service"), "{service}");
        assert!(is_pascal(method.name()), "{}", method.name());
        assert_eq!(method.input_type(), format!(".triage.v1.{}Request", method.name()));
        assert_eq!(method.output_type(), format!(".triage.v1.{}Response", method.name()));
        assert!(seen.insert(method.input_type().to_owned()) && seen.insert(method.output_type().to_owned()));
    }
}

#[test]
fn writing_requests_carry_a_request_id() {
    let reading = [
        "GetSubmission",
        "ListChanges",
        "ListUnits",
        "GetFile",
        "ListFiles",
        "Search",
        "ListDue",
        "ProposeRebalance",
        "ProposePlaces",
        "GetEvidence",
        "CheckDecision",
        "GetDossier",
        "GetFigures",
        "ListAccounts",
        // What a person does with his own account has no other effect when it is done twice.
        "SignIn",
        "SignOut",
        "ChangePassword",
        "GetAccount",
    ];
    let messages: Vec<DescriptorProto> = files().into_iter().flat_map(|file| file.message_type).collect();
    for (_, method) in methods() {
        let name = format!("{}Request", method.name());
        let request = messages.iter().find(|message| message.name() == name).unwrap();
        let has = request.field.iter().any(|field| field.name() == "request_id" && field.number() == 1);
        assert_eq!(has, !reading.contains(&method.name()), "{name}");
    }
}

#[test]
fn names_follow_one_style() {
    for file in files() {
        assert_eq!(file.syntax(), "proto3");
        let stem =
            file.name().strip_prefix("triage/v1/").and_then(|name| name.strip_suffix(".proto")).unwrap();
        assert!(is_snake(stem), "{stem}");
        assert!(file.public_dependency.is_empty() && file.weak_dependency.is_empty());
        file.message_type.iter().for_each(check_message);
        file.enum_type.iter().for_each(check_enum);
    }
}

fn check_message(message: &DescriptorProto) {
    assert!(is_pascal(message.name()), "{}", message.name());
    for field in &message.field {
        assert!(is_snake(field.name()), "{}.{}", message.name(), field.name());
    }
    for oneof in message.oneof_decl.iter().filter(|oneof| !oneof.name().starts_with('_')) {
        assert!(is_snake(oneof.name()), "{}.{}", message.name(), oneof.name());
    }
    message.nested_type.iter().for_each(check_message);
    message.enum_type.iter().for_each(check_enum);
}

fn check_enum(list: &EnumDescriptorProto) {
    assert!(is_pascal(list.name()), "{}", list.name());
    let prefix = screaming(list.name());
    for (number, value) in (0..).zip(&list.value) {
        assert!(value.name().starts_with(&format!("{prefix}_")), "{}", value.name());
        assert_eq!(value.number(), number, "{}: numbers without gaps", value.name());
    }
    assert_eq!(list.value[0].name(), format!("{prefix}_UNSPECIFIED"));
}

#[test]
fn no_import_is_unused() {
    for file in files() {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut messages: Vec<DescriptorProto> = file.message_type.clone();
        while let Some(message) = messages.pop() {
            used.extend(message.field.iter().map(|field| field.type_name().to_owned()));
            messages.extend(message.nested_type);
        }
        for import in &file.dependency {
            let given = given_by(import);
            assert!(
                given.iter().any(|name| used.contains(name)),
                "{} imports {import} for nothing",
                file.name()
            );
        }
    }
}

/// The full names a file defines at its top level.
fn given_by(import: &str) -> Vec<String> {
    let set = FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap();
    let file = set.file.into_iter().find(|file| file.name() == import).unwrap();
    let names = file.message_type.iter().map(DescriptorProto::name);
    let names = names.chain(file.enum_type.iter().map(EnumDescriptorProto::name));
    names.map(|name| format!(".{}.{name}", file.package())).collect()
}

#[test]
fn everything_is_explained() {
    for file in files() {
        let explained: BTreeSet<Vec<i32>> = file
            .source_code_info
            .iter()
            .flat_map(|info| &info.location)
            .filter(|location| location.leading_comments().trim().len() > 1)
            .map(|location| location.path.clone())
            .collect();
        for (path, name) in places(&file) {
            assert!(explained.contains(&path), "{}: {name} has no comment", file.name());
        }
    }
}

#[test]
fn fields_are_named_in_chinese_too() {
    for file in files() {
        for location in &file.source_code_info.as_ref().unwrap().location {
            // Fields of messages, values of enums: paths of length 4 that begin with 4 or 5.
            let is_member = matches!(location.path[..], [4 | 5, _, 2, _]);
            let comment = location.leading_comments().trim();
            let plain = comment.starts_with("Never sent") || comment.starts_with("Not a ");
            let chinese = comment.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(!is_member || plain || chinese, "{}: {comment}", file.name());
        }
    }
}

/// The source path and name of everything that needs a comment.
fn places(file: &FileDescriptorProto) -> Vec<(Vec<i32>, String)> {
    let mut places = Vec::new();
    for (index, message) in (0..).zip(&file.message_type) {
        message_places(&[4, index], message, &mut places);
    }
    for (index, list) in (0..).zip(&file.enum_type) {
        places.push((vec![5, index], list.name().to_owned()));
        places.extend(
            (0..).zip(&list.value).map(|(at, value)| (vec![5, index, 2, at], value.name().to_owned())),
        );
    }
    for (index, service) in (0..).zip(&file.service) {
        places.push((vec![6, index], service.name().to_owned()));
        places.extend(
            (0..).zip(&service.method).map(|(at, rpc)| (vec![6, index, 2, at], rpc.name().to_owned())),
        );
    }
    places
}

fn message_places(path: &[i32], message: &DescriptorProto, places: &mut Vec<(Vec<i32>, String)>) {
    let under = |kind: i32, at: i32| [path, &[kind, at]].concat();
    places.push((path.to_vec(), message.name().to_owned()));
    for (at, field) in (0..).zip(&message.field) {
        places.push((under(2, at), format!("{}.{}", message.name(), field.name())));
    }
    // An `optional` field has a oneof of its own that nobody wrote.
    for (at, oneof) in (0..).zip(&message.oneof_decl).filter(|(_, oneof)| !oneof.name().starts_with('_')) {
        places.push((under(8, at), format!("{}.{}", message.name(), oneof.name())));
    }
    for (at, nested) in (0..).zip(&message.nested_type) {
        message_places(&under(3, at), nested, places);
    }
}

fn is_snake(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_pascal(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn screaming(pascal: &str) -> String {
    let mut screaming = String::new();
    for c in pascal.chars() {
        if c.is_ascii_uppercase() && !screaming.is_empty() {
            screaming.push('_');
        }
        screaming.push(c.to_ascii_uppercase());
    }
    screaming
}
