//! Models at a terminal: train one, list them, show one's card, put one to use.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};

use super::say;
use crate::app::App;
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, ModelId};
use crate::domain::time::Timestamp;
use crate::features::FEATURES;
use crate::model::{Artefact, ArtefactError, Source, card};
use crate::store::StoreError;
use crate::training::{Logged, Marks, Origin, Trust, fit, labelled, logged};

type Done = Result<(), Box<dyn std::error::Error>>;

/// How to train.
#[derive(Debug, Args)]
pub(super) struct TrainArguments {
    /// 训练成功即启用
    #[arg(long)]
    r#use: bool,
    /// 将模拟数据训练的模型（出厂模型）写到这个文件，旁附模型卡，不存入数据库（make baseline 用）
    #[arg(long, value_name = "FILE", conflicts_with = "use", requires = "made_by")]
    baseline: Option<PathBuf>,
    /// 模拟数据如何生成（含种子），写入模型卡
    #[arg(long, value_name = "TEXT", requires = "baseline")]
    made_by: Option<String>,
    /// 只将训练用表写到这个文件（CSV），不训练：每件投诉的序号、登记时间、关联投诉人（组）、标注和特征，不含个人信息
    #[arg(long, value_name = "FILE", conflicts_with_all = ["use", "baseline"])]
    table: Option<PathBuf>,
    /// 以 JSON 输出报告
    #[arg(long)]
    json: bool,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// 模型列表，先训练的在前
    #[command(after_help = "示例：\n  triage models list --json")]
    List {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 显示模型卡：训练数据、效果、不适用的用途
    #[command(after_help = "示例：\n  triage models show 3f2a\n  triage models show 3f2a --json")]
    Show {
        /// 模型编号，或者足以区分的开头几位
        id: String,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 启用模型；此后的投诉按它评分
    #[command(
        after_help = "已评过分的不变；未办结的投诉可用 triage rescore 重评。要回到原来的模型，启用原模型即可。\n\n示例：\n  triage models use 3f2a"
    )]
    Use {
        /// 模型编号，或者足以区分的开头几位
        id: String,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
}

/// What the commands about models refuse to do.
#[derive(Debug, thiserror::Error)]
enum ModelsError {
    #[error("没有编号为 {0} 的模型；用 triage models list 查看已有模型，或用 triage train 训练")]
    Unknown(String),
    #[error("有 {count} 个模型的编号以 {id} 开头；请写得更长一些（triage models list）")]
    Ambiguous { id: String, count: usize },
    #[error("模型 {0} 与本软件版本不符，请用 triage train 重新训练")]
    Unfit(ModelId, #[source] ArtefactError),
    #[error("不能写出 {0}（本局的模型已存入数据库，不受影响）")]
    File(PathBuf, #[source] io::Error),
    #[error("不能写出 {0}")]
    Table(PathBuf, #[source] io::Error),
}

pub(super) async fn train(app: &App, bureau: BureauId, arguments: TrainArguments) -> Done {
    let TrainArguments { r#use, baseline, made_by, table, json } = arguments;
    if let Some(file) = table {
        return write_table(app, bureau, &file, json).await;
    }
    app.access(bureau, async |service, caller| service.training_table(caller, false).await).await?;
    let (rows, other_schema) = logged(&app.context, bureau).await?;
    let marks = Marks::of(&rows);
    let examples = labelled(rows);
    let origin = match made_by {
        Some(made_by) => Origin { source: Source::Simulated, made_by },
        None => Origin { source: Source::Bureau, made_by: "triage train".to_owned() },
    };
    // The last baseline may have been trained on the very complaints of the next one.
    let (champion, in_use) = if baseline.is_some() { (None, None) } else { app.champion(bureau).await? };
    if let (Some(id), None) = (&in_use, &champion) {
        tracing::warn!(model.id = %id, "the model in use does not fit this program; not compared");
    }
    let fitted = fit(&examples, origin, champion.as_deref())?;
    let (model, files) = if let Some(file) = baseline {
        (fitted.artefact.id()?, write(&fitted.artefact, &file)?)
    } else {
        let model = app.add_model(bureau, &fitted.artefact).await?;
        if r#use {
            app.act(bureau, Command::UseModel { model: model.clone() }).await?;
        }
        // The database is the truth; these are for people to open. They hold numbers of the model, nothing of anyone.
        let file = app.data().join("models").join(format!("{model}.json"));
        (model, write(&fitted.artefact, &file)?)
    };
    if json {
        let report = serde_json::json!({ "model": model, "used": r#use, "files": files,
            "other_schema": other_schema, "marks": marks, "marks_follow_the_band": marks.follow_the_band(),
            "report": fitted.report });
        say(&report.to_string())?;
        return Ok(());
    }
    say(&fitted.report.to_string())?;
    if other_schema > 0 {
        say(&format!("另有 {other_schema} 件的特征由另一版特征表计算，没有使用"))?;
    }
    if marks.follow_the_band() {
        say(&marks.to_string())?;
    }
    let used = if r#use {
        "已启用（未办结的投诉用 triage rescore 重评）".to_owned()
    } else {
        format!("尚未启用（triage models use {model} 可启用）")
    };
    say(&format!("模型 {model} 已保存，{used}"))?;
    for file in files {
        say(&format!("  {}", file.display()))?;
    }
    Ok(())
}

/// Trains on what the bureau has, puts the model to use, and writes it beside the database. For an import, which has no report.
pub(super) async fn train_and_use(
    app: &App,
    bureau: BureauId,
) -> Result<ModelId, Box<dyn std::error::Error>> {
    app.access(bureau, async |service, caller| service.training_table(caller, false).await).await?;
    let (rows, _) = logged(&app.context, bureau).await?;
    let (champion, _) = app.champion(bureau).await?;
    let origin = Origin { source: Source::Bureau, made_by: "triage import --train".to_owned() };
    let fitted = fit(&labelled(rows), origin, champion.as_deref())?;
    let model = app.add_model(bureau, &fitted.artefact).await?;
    app.act(bureau, Command::UseModel { model: model.clone() }).await?;
    let file = app.data().join("models").join(format!("{model}.json"));
    write(&fitted.artefact, &file)?;
    Ok(model)
}

/// Writes every logged vector of this feature table as a row. Label and trust are empty where nobody has said anything.
async fn write_table(app: &App, bureau: BureauId, file: &Path, json: bool) -> Done {
    app.access(bureau, async |service, caller| service.training_table(caller, true).await).await?;
    let (rows, other_schema) = logged(&app.context, bureau).await?;
    let labelled = rows.iter().filter(|row| row.label.is_some()).count();
    let mut out = csv::Writer::from_writer(Vec::new());
    let codes = FEATURES.iter().map(|feature| feature.code);
    out.write_record(["sequence", "received", "cluster", "suspected", "trust"].into_iter().chain(codes))?;
    for Logged { order, received, group, label, vector, .. } in &rows {
        let (suspected, trust) = match label {
            Some((suspected, Trust::Finding)) => (u8::from(*suspected).to_string(), "finding"),
            Some((suspected, Trust::ImportedLabel)) => (u8::from(*suspected).to_string(), "mark"),
            None => (String::new(), ""),
        };
        let head = [order.to_string(), received.display(), group.to_string(), suspected, trust.to_owned()];
        out.write_record(head.into_iter().chain(vector.iter().map(f64::to_string)))?;
    }
    let text = String::from_utf8(out.into_inner()?)?;
    replace(file, &text).map_err(|error| ModelsError::Table(file.to_owned(), error))?;
    if json {
        let summary = serde_json::json!({ "file": file, "rows": rows.len(), "labelled": labelled,
            "other_schema": other_schema });
        return Ok(say(&summary.to_string())?);
    }
    say(&format!("已写出 {}：投诉 {} 件，其中有认定或标注的 {labelled} 件", file.display(), rows.len()))?;
    Ok(())
}

/// Writes the artefact as `file` and its card beside it, each whole or not at all.
fn write(artefact: &Artefact, file: &Path) -> Result<[PathBuf; 2], Box<dyn std::error::Error>> {
    let card_file = file.with_extension("md");
    for (path, text) in [(file, format!("{}\n", artefact.to_json()?)), (&card_file, card(artefact)?)] {
        replace(path, &text).map_err(|error| ModelsError::File(path.to_owned(), error))?;
    }
    Ok([file.to_owned(), card_file])
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut aside = tempfile::Builder::new().permissions(readable).tempfile_in(directory)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_all()?;
    aside.persist(path)?;
    Ok(())
}

/// A model as it is stored.
struct Stored {
    id: ModelId,
    made_at: Timestamp,
    artefact: Result<Artefact, ArtefactError>,
    /// Since when it is the champion, if it is.
    champion_since: Option<Timestamp>,
}

async fn stored(app: &App, bureau: BureauId) -> Result<Vec<Stored>, StoreError> {
    let mut tx = app.context.store.read().await?;
    let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
    let since = tx.champion_since(bureau).await?;
    let models = tx.models(bureau).await?;
    tx.rollback().await?;
    let stored = models.into_iter().map(|(id, made_at, json)| {
        let champion_since = since.filter(|_| head.champion.as_ref() == Some(&id));
        Stored { id, made_at, artefact: Artefact::parse(&json), champion_since }
    });
    Ok(stored.collect())
}

/// The one model whose id begins so.
async fn named(app: &App, bureau: BureauId, id: &str) -> Result<Stored, Box<dyn std::error::Error>> {
    let mut found = stored(app, bureau).await?;
    found.retain(|model| !id.is_empty() && model.id.as_str().starts_with(id));
    match found.len() {
        0 => Err(ModelsError::Unknown(id.to_owned()).into()),
        1 => Ok(found.remove(0)),
        count => Err(ModelsError::Ambiguous { id: id.to_owned(), count }.into()),
    }
}

/// Does a command about models.
pub(super) async fn models(app: &App, bureau: BureauId, command: ModelsCommand) -> Done {
    match command {
        ModelsCommand::List { json } => list(&stored(app, bureau).await?, json),
        ModelsCommand::Show { id, json } => show(named(app, bureau, &id).await?, json),
        ModelsCommand::Use { id, json } => {
            let Stored { id, artefact, .. } = named(app, bureau, &id).await?;
            artefact.map_err(|error| ModelsError::Unfit(id.clone(), error))?;
            app.act(bureau, Command::UseModel { model: id.clone() }).await?;
            if json {
                say(&serde_json::json!({ "model": id, "used": true }).to_string())?;
            } else {
                say(&format!(
                    "模型 {id} 已启用，此后收到的投诉由它评分；未办结的投诉用 triage rescore 重评"
                ))?;
            }
            Ok(())
        }
    }
}

fn list(models: &[Stored], json: bool) -> Done {
    if json {
        let models: Vec<_> = models.iter().map(brief).collect();
        say(&serde_json::to_string_pretty(&models)?)?;
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["模型", "保存时间", "训练数据", "样本", "PR-AUC", "ECE", "现用"]);
    for Stored { id, made_at, artefact, champion_since } in models {
        let mut row = vec![id.to_string(), made_at.display()];
        row.extend(match artefact {
            Ok(Artefact { source, trained_on, metrics, .. }) => [
                source.zh().to_owned(),
                trained_on.examples.to_string(),
                format!("{:.4}", metrics.pr_auc),
                format!("{:.4}", metrics.ece),
            ],
            Err(_) => ["与本软件版本不符", "-", "-", "-"].map(str::to_owned),
        });
        row.push(champion_since.map(|since| format!("现用模型，自 {}", since.display())).unwrap_or_default());
        table.add_row(row);
    }
    say(&table.trim_fmt())?;
    Ok(())
}

/// A model in a few fields. Times are microseconds since the epoch.
fn brief(model: &Stored) -> serde_json::Value {
    let artefact = model.artefact.as_ref().ok();
    serde_json::json!({
        "model": model.id,
        "made_at": model.made_at,
        "fits": artefact.is_some(),
        "source": artefact.map(|artefact| artefact.source),
        "examples": artefact.map(|artefact| artefact.trained_on.examples),
        "pr_auc": artefact.map(|artefact| artefact.metrics.pr_auc),
        "ece": artefact.map(|artefact| artefact.metrics.ece),
        "champion_since": model.champion_since,
    })
}

fn show(model: Stored, json: bool) -> Done {
    let mut brief = brief(&model);
    let Stored { id, made_at, artefact, champion_since } = model;
    let artefact = artefact.map_err(|error| ModelsError::Unfit(id, error))?;
    if json {
        brief["artefact"] = serde_json::to_value(&artefact)?;
        say(&serde_json::to_string_pretty(&brief)?)?;
        return Ok(());
    }
    say(card(&artefact)?.trim_end())?;
    let used = champion_since
        .map_or_else(|| "现未启用".to_owned(), |since| format!("现用模型，自 {} 启用", since.display()));
    say(&format!("\n保存于 {}；{used}", made_at.display()))?;
    Ok(())
}
