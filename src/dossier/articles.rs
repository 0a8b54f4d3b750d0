//! What a file's terms and decisions rest on (适用条文): quoted where this program has the text as it was published, else named, so that
//! nothing that is cited goes missing from the list.

use super::{Gathered, Quoted};
use crate::domain::deadline::Law;
use crate::domain::handling::Status;
use crate::domain::ids::Track;
use crate::statute::{RuleSet, articles};

/// 消费者权益保护法 Art. 39: what whoever refuses a complaint, or ends a mediation, tells of other ways.
const OTHER_WAYS: (&str, &str) = ("消费者权益保护法", "第三十九条");

/// Stands where this program has no text of an article.
const NO_TEXT: &str = "（正文未收录，引用时请附现行文本）";

/// Stands where the number of an article was not compared with the text in force either.
const UNCHECKED: &str = "条号未与现行文本核对。";

/// The articles that a term, a title or a ground of this file cites: first those of the order, then those of other laws.
pub(super) fn quoted(gathered: &Gathered<'_>) -> Vec<Quoted> {
    let law = gathered.law;
    let terms = &gathered.file.state.clocks;
    let titles: Vec<&str> = gathered.acts.iter().map(|(act, _)| act.title.as_str()).collect();
    let of_order = |one: &&str| {
        terms.iter().any(|term| term.clock.law == law.law && names(&term.clock.article, law, one))
    };
    let of_titles = |one: &str| {
        titles.iter().any(|title| title.contains(&format!("（{one}）")) || names(title, law, one))
    };
    let mut found: Vec<Quoted> = articles(law.law)
        .iter()
        .filter(|one| of_order(&one.article.as_str()) || of_titles(&one.article))
        .map(|one| Quoted { article: format!("《{}》{}", law.name, one.article), text: one.text.clone() })
        .collect();
    let cited = terms.iter().map(|term| term.clock.article.as_str()).chain(titles.iter().copied());
    let mut beside: Vec<(String, String)> = cited.flat_map(beside).collect();
    if tells_other_ways(gathered) {
        beside.push((OTHER_WAYS.0.to_owned(), OTHER_WAYS.1.to_owned()));
    }
    for (name, article) in beside {
        let whole = format!("《{name}》{article}");
        if name != law.name && !found.iter().any(|known| known.article == whole) {
            let text = match compared(law, &name, &article) {
                Some(checked) => format!("{NO_TEXT}期限已与下列文本核对：{checked}。"),
                None if an_order_names(&name, &article) => NO_TEXT.to_owned(),
                None => format!("{NO_TEXT}{UNCHECKED}"),
            };
            found.push(Quoted { article: whole, text });
        }
    }
    found
}

/// A complaint that was refused, or whose mediation has ended.
fn tells_other_ways(gathered: &Gathered<'_>) -> bool {
    let state = &gathered.file.state;
    gathered.file.id.track == Track::Complaint
        && (state.status == Status::Refused || state.termination.is_some())
}

/// Whether a text cites an article of the order, and not another one whose number begins so.
fn names(text: &str, law: &RuleSet, article: &str) -> bool {
    beside(text).any(|(name, cited)| name == law.name && cited == article)
}

/// The articles that a text cites with the law they stand in: 《法》第一条第二款、第三条.
fn beside(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('《').skip(1).filter_map(|part| part.split_once('》')).flat_map(|(name, rest)| {
        let mut found = Vec::new();
        let mut rest = rest;
        while let Some((article, after)) = article(rest) {
            found.push((name.to_owned(), article));
            // Paragraph and item belong to the article; the next one follows after a sign.
            let more = after.trim_start_matches(|c: char| "第款项".contains(c) || NUMERALS.contains(c));
            let next = ["、依据", "、", "，", "或者", "和"].iter().find_map(|sign| more.strip_prefix(sign));
            rest = next.unwrap_or_default();
        }
        found
    })
}

const NUMERALS: &str = "〇零一二三四五六七八九十百";

/// An article at the beginning of a text, and what follows.
fn article(text: &str) -> Option<(String, &str)> {
    let number = text.strip_prefix('第')?;
    let end = number.find('条')?;
    let is_number = end > 0 && number[..end].chars().all(|c| NUMERALS.contains(c));
    is_number.then(|| (format!("第{}条", &number[..end]), &number[end + '条'.len_utf8()..]))
}

/// With which text the terms of an article of another law were compared.
fn compared<'a>(law: &'a RuleSet, name: &str, article: &str) -> Option<&'a str> {
    let whole = format!("《{name}》{article}");
    let cites = |cited: String| beside(&cited).any(|(of, one)| format!("《{of}》{one}") == whole);
    law.terms.iter().find(|term| cites(law.cite(term))).and_then(|term| term.checked.as_deref())
}

/// One of the orders cites the article, so its number is as published.
fn an_order_names(name: &str, article: &str) -> bool {
    let own = |name: &str| name.trim_start_matches("中华人民共和国").to_owned();
    let cites = |text: &str| beside(text).any(|(of, one)| own(&of) == name && one == article);
    let orders = [Law::Order121, Law::Order20];
    orders.into_iter().flat_map(articles).any(|one| cites(&one.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_where_it_cites_and_nothing_else() {
        assert!(an_order_names(OTHER_WAYS.0, OTHER_WAYS.1));
        assert!(!an_order_names("市场监督管理行政处罚程序规定", "第十九条"));
    }

    #[test]
    fn articles_are_found_with_their_law_and_without_paragraph_and_item() {
        let found: Vec<String> =
            beside("不予立案（《程序规定》第十八条、依据第十九条或者第二十条第一款第一项），《消法》第四十六条及《空》")
                .map(|(name, article)| format!("{name}{article}"))
                .collect();
        assert_eq!(found, ["程序规定第十八条", "程序规定第十九条", "程序规定第二十条", "消法第四十六条"]);
    }
}
