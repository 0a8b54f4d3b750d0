//! What was done, in the words of people who read the trail.

use crate::domain::check::WarningKind;
use crate::domain::event::EventKind;
use crate::domain::ids::CallerId;

/// Looks and what else is no event: the word that is stored, and the Chinese for it.
const LOOKS: &[(&str, &str)] = &[
    ("get_submission", "查看登记件"),
    ("get_file", "查看件"),
    ("list_files", "查看件的列表"),
    ("list_flagged", "查看标注的件"),
    ("list_changes", "读取变更"),
    ("list_due", "查看期限"),
    ("search", "查找"),
    ("queue", "查看单位队列"),
    ("overview", "查看概况"),
    ("figures", "查看统计"),
    ("compare", "试运行对比"),
    ("what_if", "假设推演"),
    ("propose_rebalance", "查看均衡建议"),
    ("propose_places", "查看地名建议"),
    ("list_accounts", "查看账户"),
    ("check_decision", "决定前体检"),
    ("get_evidence", "制作研判参考材料"),
    ("named_in_evidence", "研判参考材料中列明"),
    ("get_dossier", "制作应诉卷"),
    ("named_in_dossier", "应诉卷中列明"),
    ("pull_again", "再次答复领取"),
    ("disclose_file", "提供本人信息中列明"),
    ("train", "读取训练数据"),
    ("export_training_table", "导出训练数据"),
    ("show_audit", "查看审计记录"),
    ("rotate_seal_key", "更换封存密钥"),
    ("reseal", "重新封存"),
    ("prepare_rekey", "预备标识密钥"),
    ("begin_rekey", "开始更换标识密钥"),
    ("remove_seal_key", "删除封存密钥"),
    (super::RESUME, "审计链接续"),
];

fn event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Submit => "登记",
        EventKind::Unmask => "补全脱敏内容",
        EventKind::Amend => "补充",
        EventKind::Withdraw => "撤回",
        EventKind::Urge => "催办",
        EventKind::Pull => "领取",
        EventKind::Extend => "续领",
        EventKind::Skip => "跳过",
        EventKind::SignFor => "签收",
        EventKind::Decide => "决定",
        EventKind::Step => "办理记录",
        EventKind::Close => "办结",
        EventKind::Return => "退回",
        EventKind::Reassign => "改派",
        EventKind::LoadBureau => "导入机构文件",
        EventKind::UseModel => "启用模型",
        EventKind::Backfill => "导入已办结的件",
        EventKind::Outcome => "导入办理结果",
        EventKind::CutLink => "解除关联",
        EventKind::Escalate => "催签",
        EventKind::Prolong => "延长核查期限",
        EventKind::OpenReview => "登记复议、诉讼",
        EventKind::EndReview => "登记复议、诉讼结果",
        EventKind::AcceptClock => "确认时钟",
        EventKind::MakeCaller => "新增调用方",
        EventKind::RevokeCaller => "停用调用方",
        EventKind::StoreModel => "保存模型",
        EventKind::Record => "登记办理行为",
        EventKind::Rescore => "重评",
        EventKind::OpenAccount => "开户",
        EventKind::SetRoles => "调整角色",
        EventKind::SetPassword => "修改口令",
        EventKind::CloseAccount => "销户",
        EventKind::SignIn => "登录",
        EventKind::SignOut => "退出",
        EventKind::SignInFailed => "登录失败",
        EventKind::RotateToken => "更换令牌",
        EventKind::ResetPassword => "重置口令",
        EventKind::Purge => "清除",
        EventKind::Disclose => "提供本人信息",
        EventKind::Rekey => "更换标识密钥",
    }
}

/// A stored word in Chinese; none when there is no such word.
pub fn action_zh(word: &str) -> Option<String> {
    let kind = EventKind::ALL.iter().find(|kind| kind.word() == word);
    let look = || LOOKS.iter().find(|(look, _)| *look == word).map(|(_, zh)| (*zh).to_owned());
    let warning = || {
        let kind = WarningKind::ALL.iter().find(|kind| kind.word() == word);
        kind.map(|kind| format!("决定前已提示：{}", kind.zh()))
    };
    kind.map(|kind| event(*kind).to_owned()).or_else(look).or_else(warning)
}

/// The words of an action that somebody may mean who says it in Chinese or as it is stored: all that are called so, or the word itself.
pub fn words_of(said: &str) -> Vec<&'static str> {
    let events = EventKind::ALL.iter().map(|kind| (kind.word(), event(*kind)));
    let all = events
        .chain(LOOKS.iter().copied())
        .chain(WarningKind::ALL.iter().map(|kind| (kind.word(), kind.zh())));
    all.filter(|(word, zh)| *word == said || *zh == said).map(|(word, _)| word).collect()
}

/// Who has no name of a caller of its own.
pub fn own_caller_zh(caller: i64) -> Option<&'static str> {
    match CallerId(caller) {
        CallerId::TERMINAL => Some("终端"),
        CallerId::SERVICE => Some("系统"),
        CallerId::IMPORTER => Some("导入"),
        _ => None,
    }
}
