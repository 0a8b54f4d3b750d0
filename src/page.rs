//! The frame of every page that is printed: nothing is fetched, black on white, made for A4.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::domain::plain::shown;

/// A whole page; what turns a line around is shown as a sign.
pub(crate) fn page(title: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    shown(&page.into_string()).into_owned() + "\n"
}
