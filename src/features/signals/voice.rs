//! Whose words a place of a text is (谁的话): the one place that decides it, for every list and every reading. What one has heard, what
//! the shop says or offers, what is feared, supposed or denied is not what the complainant tells or asks for.

use std::borrow::Cow;

use serde::Deserialize;

use super::phrase_lists::{Cue, Hit, List, PhraseLists, What};

/// How the words of a text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// As decisions before version 5 read: numbers by place alone, and whoever speaks of an award demands it.
    Written,
    /// As decisions of version 5 read: numbers as people say them, and what the shop offered or advertised is nobody's demand.
    Spoken,
    /// As decisions of version 6 read: of every list, what is the complainant's own.
    Owned,
    /// And what its words mean: a label that is only named is not complained of, a shop's own rule or a question is no demand.
    Meant,
}

impl Reading {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Written, Self::Spoken, Self::Owned, Self::Meant];
    /// As this version reads.
    pub const LATEST: Self = Self::Meant;
}

/// What stands around the words of the lists, and around what else is read (`[context]` of the data).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Context {
    hearsay: Vec<String>,
    advisers: Vec<String>,
    rights: Vec<String>,
    may: Vec<String>,
    turns: Vec<String>,
    not: Vec<String>,
    of: Vec<String>,
    sound: Vec<String>,
    no: Vec<String>,
    happened: Vec<String>,
    uncited: Vec<String>,
    feared: Vec<String>,
    supposed: Vec<String>,
    hazards: Vec<String>,
    possible: Vec<String>,
    others: Vec<String>,
    to: Vec<String>,
    offering: Vec<String>,
    denying: Vec<String>,
    saying: Vec<String>,
    unsaid: Vec<String>,
    demanding: Vec<String>,
    would_be: Vec<String>,
    unwanted: Vec<String>,
    negations: Vec<String>,
    instead: Vec<String>,
    us: Vec<String>,
    demanded_of: Vec<String>,
    paid: Vec<String>,
    pub(super) at_most: Vec<String>,
    pub(super) not_demanded: Vec<String>,
    pub(super) compared: Vec<String>,
    pub(super) of_work: Vec<String>,
    pub(super) went: Vec<String>,
    pub(super) papers: Vec<String>,
    pub(super) other_things: Vec<String>,
    pub(super) goods_behind: Vec<String>,
    pub(super) over: Vec<String>,
    pub(super) bought: Vec<String>,
    pub(super) sells: Vec<String>,
    pub(super) advertised: Vec<String>,
    pub(super) cited_by: Vec<String>,
    pub(super) article_does: Vec<String>,
    pub(super) market: Vec<String>,
    pub(super) housing: Vec<String>,
    #[serde(default)]
    pub(super) meaning: Meaning,
}

/// What tells more than whose a word is: what it means. Empty for versions before 7, which do not read it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Meaning {
    towards: Vec<String>,
    speakers: Vec<String>,
    quoting: Vec<String>,
    ruling: Vec<String>,
    offers: Vec<String>,
    lowered: Vec<String>,
    pub(super) beyond: Vec<String>,
    asking: Vec<String>,
    claimed: Vec<String>,
    questions: Vec<String>,
    particulars: Vec<String>,
    named: Vec<String>,
    faults: Vec<String>,
    #[serde(rename = "told")]
    reported: Vec<String>,
    no_traders: Vec<String>,
    pub(super) claiming: Vec<String>,
    pub(super) summing: Vec<String>,
    pub(super) not_went: Vec<String>,
    pub(super) purposes: Vec<String>,
    pub(super) for_whom: Vec<String>,
    pub(super) illnesses: Vec<String>,
    pub(super) caused: Vec<String>,
}

/// A way in which words are not the complainant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// What one has heard (听说可以要求赔偿).
    Heard,
    /// A right that one has heard of.
    HeardRight,
    /// In quotation marks, and said by somebody else (客服回复:“...”).
    Quoted,
    /// The shop says so (商家称符合标准).
    Said,
    /// The shop offers or advertises it (商家提出退一赔三).
    Offered,
    /// It was paid, or is the most that is offered (已赔付500元).
    Paid,
    /// The complainant is asked for it (要我赔一千元).
    OfUs,
    /// It would be, and would not be wanted (如果退一赔三我也不要).
    Unwanted,
    /// A demand that is not made (不要求赔偿).
    NotAsked,
    /// Another thing is meant, or nothing is wrong with it (不是标签问题).
    Not,
    /// It did not happen (没有出现过敏).
    No,
    /// A source of law that is not relied on.
    Uncited,
    /// It may happen (有受伤的风险).
    Feared,
    /// It is supposed (如果过期了怎么办).
    Supposed,
    /// A rule or a promise that the shop has made (商城规定,超过一天赔偿10元).
    Ruled,
    /// A question after what one may demand (我能不能要求十倍赔偿).
    Asked,
    /// A part of a label that is only named (净含量:40克).
    Named,
    /// Said by somebody who advertises no goods (司机宣称).
    Reported,
}

use Voice::{
    Asked, Feared, Heard, HeardRight, Named, No, Not, NotAsked, OfUs, Offered, Paid, Quoted, Reported, Ruled,
    Said, Supposed, Uncited, Unwanted,
};

/// What makes words of a list not the complainant's own. Whoever denies or supposes a right asks for nothing by it, but what a shop says
/// of a label or of an injury does not undo it, and 没有标签 is the defect itself.
const fn taken_by(what: What) -> &'static [Voice] {
    match what {
        What::Phrase(List::Punitive | List::Minimum500 | List::Minimum1000)
        | What::Cue(Cue::Award | Cue::Times) => AWARD,
        What::Law(_) | What::Bare(_) | What::Cue(Cue::Standard) => CITED,
        What::Phrase(List::Formal) => &[Heard, Quoted, Said, Not, No],
        What::Phrase(List::Label) => &[HeardRight, Not, Supposed, Named, Reported],
        What::Phrase(List::Absolute) => &[HeardRight],
        What::Cue(Cue::ShelfLife) => &[Heard],
        What::Phrase(List::Expired) => &[Heard, Quoted, Not, Feared, Supposed],
        What::Phrase(List::Harm) => &[Heard, Quoted, Not, No, Feared, Supposed],
        What::Phrase(List::Service) => &[Heard, Not, Feared],
        What::Phrase(List::Proof) => &[Heard, Not],
        What::Phrase(List::NoProof) => &[Heard, Quoted, Said, Not, Supposed],
        What::Phrase(List::Knowing | List::SplitOrders | List::Agent)
        | What::Cue(Cue::Split | Cue::Knowing) => &[Heard, Quoted, Said, Not, No, Supposed],
        What::Phrase(List::Buying) => &[Heard, No, Supposed],
        // What a word of these means does not depend on who says it.
        What::Phrase(List::Neutral | List::Instalments | List::Kind) => &[],
    }
}

/// What makes an award one that the complainant does not demand.
const AWARD: &[Voice] = &[NotAsked, Paid, OfUs, Offered, Unwanted, Heard, Quoted, Ruled, Asked];

/// What makes a source of law one that the complainant does not cite.
pub(super) const CITED: &[Voice] = &[Heard, Quoted, Said, Uncited];

/// Whether a word of a list is the complainant's own, as far as the version of the lists read it.
pub(super) fn is_own(lists: &'static PhraseLists, text: &str, hit: &Hit) -> bool {
    let is_demand = taken_by(hit.what).contains(&NotAsked);
    let is_read = |voice: Voice| match lists.reading() {
        Reading::Owned | Reading::Meant => true,
        Reading::Spoken => is_demand && !matches!(voice, Heard | Quoted),
        Reading::Written => voice == NotAsked,
    };
    !taken_by(hit.what)
        .iter()
        .any(|voice| is_read(*voice) && speaks(lists, text, hit.start, hit.end, &[*voice]))
}

/// Whether one of the voices speaks at `start..end` of a squeezed text.
pub(super) fn speaks(
    lists: &'static PhraseLists,
    text: &str,
    start: usize,
    end: usize,
    voices: &[Voice],
) -> bool {
    let context = lists.context();
    let around = Around::of(text, start, end);
    voices.iter().any(|voice| match voice {
        Heard => context.is_heard(&around),
        HeardRight => context.is_right(&around) && context.is_heard(&around),
        Quoted => context.is_quoted(&text[..start]),
        Said => {
            context.is_of_party(around.clause, &context.saying)
                || context.is_of_party(around.clause, &context.offering)
        }
        Offered => context.is_offered(&around),
        Paid => context.is_paid(&around),
        OfUs => context.is_of_us(&around),
        Unwanted => any(&context.would_be, around.clause) && any(&context.unwanted, around.sentence_behind),
        NotAsked => context.is_not_asked(&around),
        Not => context.is_another(lists, &around),
        No => ends(without_end(around.clause, &context.happened), &context.no),
        Uncited => any(&context.uncited, around.clause),
        Feared => context.is_feared(&around),
        Supposed => any(&context.supposed, around.clause),
        Ruled => context.is_ruled(&around),
        Asked => context.is_asked(&around),
        Named => context.is_named(&text[start..end], &around),
        Reported => context.is_reported(&text[start..end], around.clause),
    })
}

/// What stands before and behind a place, in its sentence and in its clause. A clause has enumerations (、) in it.
struct Around<'a> {
    sentence: &'a str,
    clause: &'a str,
    behind: &'a str,
    sentence_behind: &'a str,
}

/// What ends a sentence.
const ENDS: [char; 5] = ['。', ';', '!', '?', '\n'];

impl<'a> Around<'a> {
    fn of(text: &'a str, start: usize, end: usize) -> Self {
        let sentence = text[..start].rsplit(ENDS).next().unwrap_or_default();
        let clause = sentence.rsplit(',').next().unwrap_or_default();
        let sentence_behind = text[end..].split(ENDS).next().unwrap_or_default();
        let behind = sentence_behind.split(',').next().unwrap_or_default();
        Self { sentence, clause, behind, sentence_behind }
    }

    /// What stands before and behind in this clause and the ones beside it.
    fn near(&self) -> [&'a str; 2] {
        let before = self.sentence.rmatch_indices(',').nth(1).map_or(0, |(at, _)| at);
        let behind = self.sentence_behind.match_indices(',').nth(1);
        [
            &self.sentence[before..],
            &self.sentence_behind[..behind.map_or(self.sentence_behind.len(), |(at, _)| at)],
        ]
    }
}

impl Context {
    /// `听说食品过期可以要求赔偿`: in one clause with it, or behind it where the text goes on with what one may do; until it is the
    /// complainant who speaks.
    fn is_heard(&self, around: &Around<'_>) -> bool {
        let behind = |words: &[String]| words.iter().filter_map(|word| last_end(around.sentence, word)).max();
        let may = || any(&self.may, around.clause) || any(&self.may, around.behind);
        let heard = behind(&self.hearsay).is_some_and(|end| {
            let since = &around.sentence[end..];
            !self.turns(since) && (!since.trim_start_matches([':', ',', '“', '"']).contains(',') || may())
        });
        let advised = || behind(&self.advisers).is_some_and(|end| !self.turns(&around.sentence[end..]));
        heard || may() && advised()
    }

    fn is_right(&self, around: &Around<'_>) -> bool {
        any(&self.rights, around.clause) || any(&self.rights, around.sentence_behind)
    }

    /// Whether the complainant speaks by now; 听说我可以要求赔偿 goes on.
    fn turns(&self, since: &str) -> bool {
        let is_turn = |word: &str, at: usize| {
            let rest = &since[at + word.len()..];
            !self.may.iter().any(|may| rest.starts_with(may.as_str()))
        };
        self.turns.iter().any(|word| since.match_indices(word.as_str()).any(|(at, _)| is_turn(word, at)))
    }

    /// Within quotation marks that somebody else's saying opens.
    fn is_quoted(&self, before: &str) -> bool {
        const MOST: usize = 80;
        let from = before.char_indices().rev().nth(MOST).map_or(0, |(at, _)| at);
        let near = &before[from..];
        let open = near.rfind(['“', '「', '『']).filter(|at| !near[*at..].contains(['”', '」', '』']));
        let straight = || near.rfind('"').filter(|_| near.matches('"').count() % 2 == 1);
        let Some(open_at) = open.or_else(straight) else { return false };
        let lead = near[..open_at].trim_end_matches([':', ',']);
        let lead = lead.rsplit(ENDS).next().unwrap_or_default();
        let clause = lead.rsplit(',').next().unwrap_or_default();
        let is_led = || ends(&near[..open_at], &self.meaning.quoting) && self.party(clause).is_some();
        self.is_of_party(clause, &self.saying)
            || ends(clause, &self.hearsay)
            || ends(clause, &self.advisers)
            || is_led()
    }

    /// Whether somebody else is who offers, or says: the last word of either kind tells.
    fn is_of_party(&self, clause: &str, verbs: &[String]) -> bool {
        let clause = &without_words(clause, &self.unsaid);
        let last = |words: &[String]| words.iter().filter_map(|word| clause.rfind(word.as_str())).max();
        self.party(clause).is_some_and(|party| {
            last(verbs).is_some_and(|verb| {
                let is_denied = ends(&clause[..verb], &self.denying);
                // 我认为, but not 商家向我提出.
                let is_ours = self.meaning.speakers.iter().any(|word| {
                    clause[..verb].strip_suffix(word.as_str()).is_some_and(|rest| !ends(rest, &self.to))
                });
                let is_theirs = verb > party && !is_denied && !is_ours;
                is_theirs && last(&self.demanding).is_none_or(|demand| demand < verb)
            })
        })
    }

    /// By somebody else, or without a word of who does it (主动提出10万元赔偿).
    fn is_offered(&self, around: &Around<'_>) -> bool {
        self.is_of_party(around.clause, &self.offering)
            || any(&self.meaning.offers, around.clause)
            || self.meaning.lowered.iter().any(|word| around.behind.starts_with(word.as_str()))
    }

    /// Where the first of the others stands that the complainant does not turn to (我向某某超市提出).
    fn party(&self, clause: &str) -> Option<usize> {
        const NAME: usize = 14;
        let is_turned_to = |before: &str| {
            let towards = self.meaning.towards.iter().filter_map(|word| last_end(before, word)).max();
            ends(before, &self.to) || towards.is_some_and(|end| before[end..].chars().count() <= NAME)
        };
        let parties = self.others.iter().flat_map(|word| clause.match_indices(word.as_str()));
        parties.map(|(at, _)| at).filter(|at| !is_turned_to(&clause[..*at])).min()
    }

    /// `商城规定十天内发货,超过一天赔偿10元`: right behind the party that makes the rule, until the complainant speaks.
    fn is_ruled(&self, around: &Around<'_>) -> bool {
        let rules = self.meaning.ruling.iter().flat_map(|word| around.sentence.match_indices(word.as_str()));
        let by_party = |at: usize| ends(&around.sentence[..at], &self.others);
        let last = rules.filter(|(at, _)| by_party(*at)).map(|(at, word)| at + word.len()).max();
        last.is_some_and(|end| {
            let since = &around.sentence[end..];
            !self.turns(since) && !any(&self.demanding, since)
        })
    }

    /// `我能不能要求十倍赔偿`, `我可以要求十倍赔偿吗`.
    fn is_asked(&self, around: &Around<'_>) -> bool {
        let claims = |text: &str| any(&self.meaning.claimed, text);
        let asking = self.meaning.asking.iter().filter_map(|word| last_end(around.clause, word)).max();
        let is_question = || ends(around.sentence_behind, &self.meaning.questions);
        asking.is_some_and(|end| claims(&around.clause[end..]))
            || is_question() && any(&self.may, around.clause) && claims(around.clause)
    }

    /// `净含量:40克`, `外包装标注的生产日期是4月26日`: given, with nothing near that says what is wrong.
    fn is_named(&self, phrase: &str, around: &Around<'_>) -> bool {
        let meaning = &self.meaning;
        let is_one = |words: &[String]| words.iter().any(|word| word == phrase);
        let begins = |text: &str| meaning.faults.iter().any(|word| text.starts_with(word.as_str()));
        let value = around
            .sentence_behind
            .trim_start_matches(['编', '号'])
            .strip_prefix(':')
            .map(|value| value.trim_start_matches(['已', '经']));
        let is_given = value.is_some_and(|value| !value.is_empty() && !begins(value));
        is_one(&meaning.particulars) && is_given
            || is_one(&meaning.named) && !around.near().iter().any(|text| any(&meaning.faults, text))
    }

    /// `司机宣称`, `据学校宣称`.
    fn is_reported(&self, phrase: &str, clause: &str) -> bool {
        self.meaning.reported.iter().any(|word| word == phrase) && any(&self.meaning.no_traders, clause)
    }

    /// `赔了500元`, `已赔付500元`: done, whatever else is asked for.
    fn is_paid(&self, around: &Around<'_>) -> bool {
        let rest = ["偿", "付", "给"].iter().find_map(|word| around.behind.strip_prefix(word));
        rest.unwrap_or(around.behind).starts_with(['了', '过']) || ends(around.clause, &self.paid)
    }

    fn is_of_us(&self, around: &Around<'_>) -> bool {
        let mut rests = self.us.iter().filter_map(|word| around.clause.strip_suffix(word.as_str()));
        rests.next().is_some_and(|rest| ends(rest, &self.demanded_of))
    }

    /// `没有要求退一赔三`; what is asked for instead is (不要求退货而要求退一赔三).
    fn is_not_asked(&self, around: &Around<'_>) -> bool {
        let clause = around.clause;
        let mut said = self.negations.iter().filter_map(|word| last_end(clause, word));
        said.any(|end| {
            !self.instead.iter().any(|word| clause[end..].find(word.as_str()).is_some_and(|at| at > 0))
        })
    }

    /// `不是标签问题`, `标签没有问题`; 这不是过期吗 asks nothing.
    fn is_another(&self, lists: &'static PhraseLists, around: &Around<'_>) -> bool {
        let kinds = lists.find(around.clause);
        let kind =
            kinds.iter().find(|hit| hit.what == What::Phrase(List::Kind) && hit.end == around.clause.len());
        let clause = kind.map_or(around.clause, |kind| &around.clause[..kind.start]);
        let clause = without_end(clause, &self.of);
        let is_other = ends(clause, &self.not) && !clause.ends_with("是不是");
        let is_rhetorical = around.behind.ends_with(['吗', '么']);
        is_other && !is_rhetorical || self.sound.iter().any(|word| around.behind.starts_with(word.as_str()))
    }

    /// `有滑倒受伤的隐患`, `爆炸都有可能`, `万一过敏`.
    fn is_feared(&self, around: &Around<'_>) -> bool {
        let is_hazard = around.behind.starts_with('的') && any(&self.hazards, around.behind);
        let is_possible = || self.possible.iter().any(|word| around.behind.starts_with(word.as_str()));
        is_hazard || is_possible() || any(&self.feared, around.clause)
    }
}

/// Whether a text has one of the words.
pub(super) fn any(words: &[String], text: &str) -> bool {
    words.iter().any(|word| text.contains(word.as_str()))
}

/// Whether a text ends with one of the words.
pub(super) fn ends(text: &str, words: &[String]) -> bool {
    words.iter().any(|word| text.ends_with(word.as_str()))
}

/// The sentence around a place.
pub(super) fn sentence(text: &str, start: usize, end: usize) -> &str {
    let from = start - text[..start].rsplit(ENDS).next().unwrap_or_default().len();
    let to = end + text[end..].split(ENDS).next().unwrap_or_default().len();
    &text[from..to]
}

fn last_end(text: &str, word: &str) -> Option<usize> {
    text.rfind(word).map(|at| at + word.len())
}

/// With signs in the place of the words: what stands behind them stays where it is.
pub(super) fn without_words<'a>(text: &'a str, words: &[String]) -> Cow<'a, str> {
    let found = words.iter().filter(|word| text.contains(word.as_str()));
    found.fold(Cow::Borrowed(text), |text, word| {
        Cow::Owned(text.replace(word.as_str(), &"_".repeat(word.len())))
    })
}

/// Without the longest of the words at its end.
fn without_end<'a>(text: &'a str, words: &[String]) -> &'a str {
    let rests = words.iter().filter_map(|word| text.strip_suffix(word.as_str()));
    rests.min_by_key(|rest| rest.len()).unwrap_or(text)
}

#[cfg(test)]
mod tests;
