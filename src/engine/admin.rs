//! What the office does (管理): the bureau file, callers, models. Events as any other: with who did it and when, and applied by a
//! replay.

use std::sync::Arc;

use crate::domain::account::Account;
use crate::domain::caller::NewCaller;
use crate::domain::command::{EventKind, Outcome};
use crate::domain::ids::{CallerId, HashKeyId, ModelId, Sequence};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violation;
use crate::ledger::{Batch, Event, LedgerError, Prepared, Stop};
use crate::model::{Artefact, Classifier};
use crate::routing::{Bureau, BureauError};
use crate::store::CallerRow;

/// Somebody gets a token.
pub(super) async fn make_caller(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    new: &NewCaller,
) -> Result<Outcome, Stop> {
    let accounts = batch.tx.accounts(batch.bureau).await?.into_iter().map(|account| account.id);
    let known = batch.tx.callers(batch.bureau).await?.into_iter().map(|caller| caller.id).chain(accounts);
    if known.into_iter().any(|known| known >= new.id) {
        return Err(Refusal::field(
            "caller",
            "another caller was made at the same time; make this one again",
            "同时新增了其他调用方，请重新执行",
        )
        .into());
    }
    is_nobodys(batch, new.token_hash.expose()).await?;
    if new.unit.as_ref().is_some_and(|unit| batch.rules.unit(unit).is_none()) {
        return Err(Refusal::NotFound { what: "unit", what_zh: "单位" }.into());
    }
    let caller = CallerRow {
        id: new.id,
        role: new.role,
        unit: new.unit.clone(),
        name: new.name.as_str().to_owned(),
        created_at: batch.now,
        revoked_at: None,
        expires_at: new.expires_at,
        token_hash: new.token_hash.expose().clone(),
    };
    let sequence = batch.next();
    batch.tx.new_caller(batch.bureau, &caller).await?;
    note(batch, prepared, sequence, EventKind::MakeCaller)
}

/// A caller gets another token beside the one it has, which ends at a time.
pub(super) async fn rotate_token(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    caller: CallerId,
    token_hash: &[u8],
    ends: (Timestamp, Option<Timestamp>),
) -> Result<Outcome, Stop> {
    is_nobodys(batch, token_hash).await?;
    if !batch.tx.rotate_token(batch.bureau, caller, token_hash, ends).await? {
        return Err(Refusal::NotFound { what: "caller", what_zh: "有效调用方" }.into());
    }
    let sequence = batch.next();
    note(batch, prepared, sequence, EventKind::RotateToken)
}

/// A certificate stands for one caller: whoever was let in by it before is told apart from others by it for good.
async fn is_nobodys(batch: &mut Batch<'_>, token_hash: &[u8]) -> Result<(), Stop> {
    let lets_in = batch.tx.caller(batch.bureau, token_hash).await?.is_some();
    if lets_in || batch.tx.callers(batch.bureau).await?.iter().any(|caller| caller.token_hash == token_hash) {
        let en = "is another caller's, or was; make a new key";
        return Err(Refusal::field(
            "certificate",
            en,
            "该证书的公钥已用于其他调用方或者以前用过，请更换密钥",
        )
        .into());
    }
    Ok(())
}

/// A token ends.
pub(super) async fn revoke_caller(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    caller: CallerId,
) -> Result<Outcome, Stop> {
    if !batch.tx.revoke_caller(batch.bureau, caller, batch.now).await? {
        return Err(Refusal::NotFound { what: "caller", what_zh: "有效调用方" }.into());
    }
    let sequence = batch.next();
    note(batch, prepared, sequence, EventKind::RevokeCaller)
}

/// A person is given what is held on that person.
pub(super) fn disclose(batch: &mut Batch<'_>, prepared: &Prepared) -> Result<Outcome, Stop> {
    let sequence = batch.next();
    note(batch, prepared, sequence, EventKind::Disclose)
}

/// A model is kept. One that does not verify is refused (promise 10); in a replay it may be of a release whose models this one
/// cannot use.
pub(super) async fn store_model(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    id: &ModelId,
    artefact: &str,
) -> Result<Outcome, Stop> {
    let verified = Artefact::parse(artefact).and_then(Classifier::new);
    if !verified.is_ok_and(|model| model.id() == id) && !batch.is_done_already() {
        return Err(Refusal::field(
            "artefact",
            "the model does not verify; fit one with `triage train`",
            "模型校验未通过；请执行 triage train",
        )
        .into());
    }
    let sequence = batch.next();
    batch.tx.new_model(batch.bureau, id, batch.now, artefact).await?;
    note(batch, prepared, sequence, EventKind::StoreModel)
}

/// The bureau file is replaced as one event. A unit with open work cannot vanish.
pub(super) async fn load_bureau(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    content: &str,
) -> Result<Outcome, Stop> {
    let rules = match prepared.rules.as_ref().ok_or(LedgerError::Unreadable("bureau file"))? {
        Ok(rules) => Arc::clone(rules),
        Err(errors) => {
            let violation = |error: &BureauError| Violation {
                field: error.path.clone(),
                description: error.to_string(),
                description_zh: error.to_string(),
            };
            return Err(Refusal::Invalid(errors.iter().map(violation).collect()).into());
        }
    };
    let open = batch.tx.loads(batch.bureau).await?;
    let mut orphaned: Vec<Violation> = open
        .iter()
        .filter(|(unit, _, load)| load.open_centiunits > 0 && rules.unit(unit).is_none())
        .map(|(unit, track, _)| Violation {
            field: format!("unit.{unit}"),
            description: format!("has open files ({}) and cannot be left out", track.word()),
            description_zh: format!("该单位尚有未结{}件，不能从名册中删除", track.zh()),
        })
        .collect();
    let unmanned = open.iter().filter(|(unit, _, load)| {
        load.open_centiunits > 0
            && rules.unit(unit).is_some()
            && !rules.officers().any(|officer| officer.unit == *unit)
    });
    orphaned.extend(unmanned.map(|(unit, track, _)| Violation {
        field: format!("unit.{unit}"),
        description: format!("has open files ({}) and needs an officer", track.word()),
        description_zh: format!("该单位尚有未结{}件，名册中至少应有一名人员", track.zh()),
    }));
    orphaned.extend(in_conflict(batch, &rules).await?);
    if !orphaned.is_empty() {
        return Err(Refusal::Invalid(orphaned).into());
    }
    let sequence = batch.next();
    batch.tx.new_rules(batch.bureau, sequence, content).await?;
    batch.put_rules(sequence, rules);
    batch.compute_provisional_again(sequence).await?;
    note(batch, prepared, sequence, EventKind::LoadBureau)
}

/// Persons whose roles the bureau file would not let one person have: they are given others first.
async fn in_conflict(batch: &mut Batch<'_>, rules: &Bureau) -> Result<Vec<Violation>, LedgerError> {
    // What was loaded before this was asked stays loaded.
    if batch.is_done_already() {
        return Ok(Vec::new());
    }
    let separation = rules.settings().separation;
    let accounts = batch.tx.accounts(batch.bureau).await?;
    let living = accounts.into_iter().filter(|account| account.closed_at.is_none());
    let conflict = |account: Account| {
        let (one, other) = separation.conflict(account.roles)?;
        let (one, other, who) = (one.zh(), other.zh(), account.officer);
        Some(Violation {
            field: "settings.separation".to_owned(),
            description: format!("{who} holds two roles that one person may not have then"),
            description_zh: format!("{who} 兼任“{one}”和“{other}”，按此设置不能由同一人担任，请先调整其角色"),
        })
    };
    Ok(living.filter_map(conflict).collect())
}

/// A model is put to use. One that does not verify is refused and the old one goes on (promise 10).
pub(super) async fn use_model(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    id: &ModelId,
) -> Result<Outcome, Stop> {
    let model = batch.context.model(&mut batch.tx, batch.bureau, id).await?;
    // In a replay it may be of a release whose models this one cannot use; what it scored is taken over.
    if model.is_none() && !batch.is_done_already() {
        return Err(Refusal::field(
            "model",
            "there is no such model, or it does not verify; fit one with `triage train`",
            "没有该模型，或模型校验未通过；请执行 triage train",
        )
        .into());
    }
    let sequence = batch.next();
    batch.put_champion(id.clone(), model);
    note(batch, prepared, sequence, EventKind::UseModel)
}

/// Key hashes are made by another identity key from here on.
pub(super) async fn rekey(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    key: HashKeyId,
) -> Result<Outcome, Stop> {
    if !batch.use_hash_key(key).await? {
        return Err(Refusal::field(
            "key",
            "not everything is made by this identity key yet; run `triage keys rekey`",
            "尚未按该标识密钥全部重算；请执行 triage keys rekey",
        )
        .into());
    }
    let sequence = batch.next();
    note(batch, prepared, sequence, EventKind::Rekey)
}

fn note(
    batch: &mut Batch<'_>,
    prepared: &Prepared,
    sequence: Sequence,
    kind: EventKind,
) -> Result<Outcome, Stop> {
    batch.record(Event::new(sequence, kind, prepared))?;
    Ok(Outcome::Noted { sequence })
}
