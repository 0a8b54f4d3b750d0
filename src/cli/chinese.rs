//! The command line in Chinese: what clap itself says in help and in errors.

use clap::builder::{StyledStr, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, Error};

const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The same command with its headings and the help of `--help` in Chinese, in all its subcommands.
pub(super) fn localised(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助");
    let version = command.get_version().is_some();
    let mut command = command
        .styles(Styles::plain())
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .arg(help)
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "参数" } else { "选项" };
            let arg = values_in_chinese(arg);
            arg.help_heading(heading)
        });
    if version {
        let arg = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.arg(arg.help("显示版本").help_heading("选项"));
    }
    command.mut_subcommands(localised)
}

/// Default, possible values and environment variable as part of the help: clap's own words for them are English.
fn values_in_chinese(arg: Arg) -> Arg {
    let mut notes = Vec::new();
    let takes = arg.get_action().takes_values();
    let hidden = arg.is_hide_default_value_set();
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes && !defaults.is_empty() && !hidden {
        notes.push(format!("默认 {}", defaults.join(" ")));
    }
    let possible: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if takes && !possible.is_empty() {
        notes.push(format!("可选 {}", possible.join("、")));
    }
    if let Some(variable) = arg.get_env() {
        notes.push(format!("环境变量 {}", variable.to_string_lossy()));
    }
    let arg =
        if takes { arg.hide_default_value(true).hide_possible_values(true).hide_env(true) } else { arg };
    match arg.get_help().map(StyledStr::to_string) {
        Some(help) if !notes.is_empty() => arg.help(format!("{help}［{}］", notes.join("；"))),
        _ => arg,
    }
}

/// What is wrong with the arguments, and what to do. `None` for what is no error: help and version.
pub(super) fn error_zh(error: &Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(all)) => all.join("、"),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        Some(ContextValue::StyledStrs(all)) => {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
        }
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let meant = match context(ContextKind::SuggestedArg) + &context(ContextKind::SuggestedSubcommand) {
        meant if meant.is_empty() => String::new(),
        meant => format!("，是否为 {meant}"),
    };
    let what = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::UnknownArgument => format!("没有 {arg} 这个选项{meant}"),
        ErrorKind::InvalidSubcommand => {
            format!("没有 {} 这个命令{meant}", context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => format!("缺少 {arg}"),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        ErrorKind::InvalidValue if value.is_empty() => format!("{arg} 没有填写值"),
        ErrorKind::InvalidValue => {
            format!("{arg} 的值“{value}”不在可选范围：{}", context(ContextKind::ValidValue))
        }
        ErrorKind::ValueValidation => match std::error::Error::source(error) {
            Some(why) if !why.to_string().is_ascii() => format!("{arg} 的值“{value}”不正确：{why}"),
            Some(why) => match why.to_string().split_once(" is not in ") {
                Some((_, range)) => {
                    format!("{arg} 的值“{value}”应在 {} 的范围内", range.replace("..=", " 至 "))
                }
                None => format!("{arg} 的值“{value}”不正确"),
            },
            None => format!("{arg} 的值“{value}”不正确"),
        },
        ErrorKind::ArgumentConflict => format!("{arg} 不能与 {} 同时使用", context(ContextKind::PriorArg)),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{arg} 的值的个数不对")
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文字".to_owned(),
        _ => "参数不正确".to_owned(),
    };
    Some(format!("{what}；用法见 triage --help，或者在命令后加 --help"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Every help text, one after the other.
    fn helps(command: &mut Command, found: &mut Vec<String>) {
        found.push(command.render_help().to_string());
        command.get_subcommands_mut().for_each(|command| helps(command, found));
    }

    #[test]
    fn no_sentence_of_any_help_is_english() {
        let mut command = localised(Cli::command());
        command.build();
        let mut found = Vec::new();
        helps(&mut command, &mut found);
        assert!(found.len() > 20);
        for help in &found {
            for line in help.lines() {
                let example = line.trim_start();
                let code =
                    ["triage ", "TRIAGE_", "printf ", "jq "].iter().any(|start| example.starts_with(start));
                let words =
                    line.split(|c: char| !c.is_ascii_alphabetic() && c != '\'').filter(|word| word.len() > 1);
                let lower = words.filter(|word| word.chars().all(|c| c.is_ascii_lowercase())).count();
                assert!(code || lower < 4 || !line.is_ascii(), "{line}");
            }
            assert!(
                !help.contains("Usage") && !help.contains("Options") && !help.contains("default:"),
                "{help}"
            );
        }
    }

    #[test]
    fn every_command_has_an_example() {
        let mut command = localised(Cli::command());
        command.build();
        let mut found = Vec::new();
        helps(&mut command, &mut found);
        let without: Vec<_> =
            found.iter().filter(|help| !help.contains("示例") && !help.contains("命令:")).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn errors_are_chinese_and_say_what_to_do() {
        let wrong = |arguments: &[&str]| {
            let all = [&["triage"], arguments].concat();
            error_zh(&localised(Cli::command()).try_get_matches_from(all).unwrap_err()).unwrap_or_default()
        };
        let all = [
            wrong(&["serv"]),
            wrong(&["serve", "--lisen", "x"]),
            wrong(&["serve", "--listen", "x"]),
            wrong(&["serve", "--tls-cert", "a.pem"]),
            wrong(&["show"]),
            wrong(&["caller", "add", "--role", "nobody", "--name", "x"]),
            wrong(&["due", "--within", "999"]),
            wrong(&["features", "--json", "--markdown"]),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }
}
