//! The columns of an export, by the names they go by: the platform's of today, older ones, and the city hotline's.

use crate::domain::ids::Track;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident $(($field:literal))? = [$title:literal $(, $variant:literal)*];)+) => {
        /// A column that is read. Its title is the platform's header.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column { $($(#[$doc])* $name,)+ }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Column] = &[$(Column::$name),+];

            /// The platform's header.
            pub fn title(self) -> &'static str {
                match self { $(Column::$name => $title,)+ }
            }

            /// The fact of a submission that is read from it, where it is one.
            fn field(self) -> Option<&'static str> {
                match self { $(Column::$name => crate::domain::given::first(&[$($field)?]),)+ }
            }

            /// Every header it goes by, the preferred ones first, in the normal form of a text.
            pub(super) fn names(self) -> &'static [&'static str] {
                match self { $(Column::$name => &[$title $(, $variant)*],)+ }
            }
        }
    };
}

columns! {
    /// Registration number.
    Number = ["登记编号", "登记号", "登记单号", "投诉举报编号", "投诉编号", "举报编号", "工单编号", "工单号", "编号"];
    /// Receive time.
    Received ("received") = ["登记时间", "登记日期", "登记日期时间", "接收时间", "接收日期", "收到时间", "收到日期", "收件时间", "收件日期", "来电时间", "来电日期", "投诉时间", "投诉日期", "举报时间", "举报日期"];
    /// Complaint, report or something else.
    Kind = ["类型", "记录类型", "登记类型", "业务类型", "诉求类型", "投诉举报类型", "信息类型", "事项类型", "表单类型"];
    /// How it came in.
    Channel ("channel") = ["接收方式", "来源渠道", "登记渠道", "渠道", "信息来源", "来源"];
    /// Name of the person.
    Name ("complainant.name") = ["提供方姓名", "投诉人姓名", "投诉举报人姓名", "举报人姓名", "姓名/单位", "投诉人", "提供方", "诉求人", "诉求人姓名", "消费者姓名", "举报人", "投诉举报人", "消费者", "提供人", "来电人姓名", "来电人", "反映人", "姓名"];
    /// Telephone of the person.
    Phone ("complainant.phone") = ["提供方联系方式", "提供方联系电话", "提供方电话", "联系电话", "投诉人电话", "投诉人联系电话", "投诉人联系方式", "联系方式", "手机号码", "手机号", "手机", "来电号码"];
    /// Document number of the person.
    ResidentId ("complainant.resident_id") = ["提供方证件号码", "证件号码", "身份证号码", "身份证号", "投诉人证件号码"];
    /// Mailing address of the person.
    Address ("complainant.address") = ["提供方地址", "通讯地址", "联系地址", "投诉人地址", "投诉人通讯地址", "投诉人联系地址"];
    /// Where the person had bought things sent to.
    DeliveryAddress ("complainant.delivery_address") = ["收货地址", "收货人地址", "收件地址", "提供方收货地址", "投诉人收货地址"];
    /// E-mail address of the person.
    Email ("complainant.email") = ["电子邮箱", "电子邮箱地址", "电子邮件", "邮箱", "邮箱地址", "E-mail", "Email", "提供方电子邮箱", "投诉人邮箱"];
    /// Account that money should go to.
    PaymentAccount ("complainant.payment_account") = ["收款账户", "收款账号", "收款帐号", "退款账户", "退款账号", "提供方收款账户", "投诉人收款账户"];
    /// Business name.
    Shop ("respondent.name") = ["企业名称", "被投诉主体名称", "被投诉人名称", "被投诉举报人名称", "被举报人名称", "被投诉方", "涉及主体名称", "涉及主体", "被投诉人", "被举报人", "被投诉举报人", "被投诉单位", "被投诉单位名称", "被投诉企业", "被投诉企业名称", "被举报单位", "被举报方", "被诉方", "经营者名称", "商家名称", "主体名称"];
    /// Credit code.
    CreditCode ("respondent.credit_code") = ["统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码"];
    /// Premises.
    Premises ("respondent.premises") = ["企业地址", "被投诉主体地址", "被投诉人地址", "被投诉举报人地址", "被举报人地址", "涉及主体地址", "被投诉方地址", "被投诉单位地址", "被举报方地址", "商家地址", "经营地址", "经营场所"];
    /// Object category.
    Object ("part.object_category") = ["客体类别全称", "客体类别"];
    /// Problem category.
    Problem ("part.problem_category") = ["问题类别全称", "问题类别", "投诉/举报问题类别", "投诉问题类别", "举报问题类别"];
    /// Goods or service.
    Product ("part.product") = ["商品/服务名称", "商品名称", "产品名称", "服务名称"];
    /// Brand.
    Brand ("part.brand") = ["品牌", "品牌名称"];
    /// Sales mode.
    SalesMode ("part.sales_mode") = ["销售方式", "购物方式", "消费方式"];
    /// Online platform.
    Platform ("part.platform") = ["平台名称", "电商平台", "电商平台名称", "网络平台", "网购平台", "购物平台", "交易平台"];
    /// Order number.
    OrderNumber ("part.order_number") = ["订单号", "订单编号"];
    /// Pieces bought.
    Quantity ("part.quantity") = ["购买数量", "数量"];
    /// Amount.
    Amount ("part.amount_fen") = ["消费金额", "涉及金额", "争议金额", "金额"];
    /// When the purchase or the dispute was.
    Occurred ("part.occurred") = ["争议发生时间", "消费时间", "购买时间", "购买日期", "消费日期", "发生时间", "事发时间"];
    /// What is asked for.
    Demands ("part.demands") = ["诉求内容", "投诉诉求", "诉求"];
    /// What happened.
    Story ("part.text") = ["具体问题", "问题陈述", "投诉/举报内容", "投诉内容", "举报内容", "投诉举报内容", "反映内容", "详细情况说明", "问题描述"];
    /// Where it was.
    Place ("part.place") = ["事发地", "事发地址", "事发地点"];
    /// First check.
    FirstCheck = ["初查受理状态", "初查状态", "受理状态"];
    /// Why it was refused.
    Reason = ["不予受理原因", "不受理原因", "不予受理理由", "不予立案原因"];
    /// Its status.
    Standing = ["办理情况状态", "办理状态", "办理情况", "办结"];
    /// Who handled it.
    HandledBy = ["处理部门", "办理部门", "处理机构", "办理单位", "处理单位"];
    /// When it ended.
    EndedAt = ["办结时间", "办结日期"];
    /// Amount recovered.
    Recovered = ["挽回经济损失", "挽回损失"];
    /// What the operator was fined.
    Fined = ["罚款金额", "罚款"];
    /// What was confiscated.
    Confiscated = ["没收金额", "没收违法所得金额", "没收违法所得"];
    /// The officer's mark.
    ImportedLabel = ["疑似职业索赔", "是否疑似职业索赔", "是否职业索赔", "是否职投", "是否职业投诉", "是否职业打假", "疑似职业打假", "职业索赔标记"];
}

impl Column {
    /// The column that a fact is read from, by its path in a submission; of what has no column, the column that says which
    /// parts there are.
    pub(super) fn of_field(path: &str) -> Self {
        let path = path.strip_prefix("submission.").unwrap_or(path);
        // Several numbers stand in one cell.
        let path = if path == "complainant.other_phones" { "complainant.phone" } else { path };
        let in_part = Track::ALL.iter().find_map(|track| path.strip_prefix(track.word())?.strip_prefix('.'));
        let is = |field: &str| match in_part {
            Some(fact) => field.strip_prefix("part.") == Some(fact),
            None => field == path,
        };
        let found = Self::ALL.iter().find(|column| column.field().is_some_and(is));
        found.copied().unwrap_or(Self::Kind)
    }
}

impl Column {
    /// Without these a row says nothing.
    pub(super) const REQUIRED: [Column; 4] = [Column::Number, Column::Received, Column::Kind, Column::Story];

    /// The column of a title, and how much it is preferred: 0 is most.
    pub(super) fn named(title: &str) -> Option<(Self, usize)> {
        let place = |column: &Self| column.names().iter().position(|name| *name == title);
        Self::ALL.iter().find_map(|column| Some((*column, place(column)?)))
    }

    /// The column that the platform or a clerk calls so.
    pub(super) fn parse(title: &str) -> Option<Self> {
        Self::named(title).map(|(column, _)| column)
    }

    /// Whether what stands in it may be shown where no personal text may be.
    pub(super) fn is_impersonal(self) -> bool {
        use Column as C;
        matches!(
            self,
            C::Received
                | C::Kind
                | C::Channel
                | C::Quantity
                | C::Amount
                | C::Occurred
                | C::FirstCheck
                | C::Standing
                | C::EndedAt
                | C::Recovered
                | C::Fined
                | C::Confiscated
                | C::ImportedLabel
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::given::FactName;
    use crate::domain::person::Complainant;
    use crate::domain::plain::bare;
    use crate::domain::respondent::Respondent;
    use crate::domain::submission::Part;

    #[test]
    fn every_fact_has_a_column_but_attachments() {
        let facts = |of: &str, names: &[FactName]| -> Vec<String> {
            names.iter().map(|name| format!("{of}.{}", name.field)).collect()
        };
        let parts = Track::ALL.map(|track| facts(track.word(), Part::NAMES)).concat();
        let persons =
            [facts("complainant", Complainant::NAMES), facts("respondent", Respondent::NAMES)].concat();
        let top = ["received", "channel"].map(str::to_owned).to_vec();
        for fact in [top, persons, parts].concat() {
            let column = Column::of_field(&format!("submission.{fact}"));
            assert_eq!(column == Column::Kind, fact.ends_with(".attachments"), "{fact}");
        }
        assert_eq!(Column::of_field("submission.report.place"), Column::Place);
        assert_eq!(Column::of_field("submission.respondent.name"), Column::Shop);
        assert_eq!(Column::of_field("submission.report"), Column::Kind);
    }

    #[test]
    fn no_header_names_two_columns() {
        let mut names: Vec<&str> = Column::ALL.iter().flat_map(|column| column.names()).copied().collect();
        assert!(names.iter().all(|name| bare(name) == *name), "a name is written as `bare` leaves it");
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
