use rstest::rstest;

use super::Column as C;
use super::*;

fn row(titles: &str) -> Vec<String> {
    titles.split('|').map(str::to_owned).collect()
}

fn header(titles: &str) -> Header {
    Header::of(&[], &row(titles), &[], &Mapping::default()).unwrap()
}

/// Each column that is read, with its places.
fn read(header: &Header) -> Vec<(Column, Vec<usize>)> {
    header.slots.iter().map(|slot| (slot.column, slot.places.clone())).collect()
}

/// Titles that are not read.
fn unread(header: &Header) -> Vec<&str> {
    header.ignored.iter().map(|unread| unread.title.as_str()).collect()
}

fn place(header: &Header, column: Column) -> Option<usize> {
    header.slots.iter().find(|slot| slot.column == column).map(|slot| slot.places[0])
}

#[test]
fn variants_are_known_the_preferred_one_wins_and_the_rest_is_named() {
    let header = header("\u{feff}登记编号|消费金额（单位：元）|问题类别|问题类别全称*|办理备注|记录 类型|");
    let places: Vec<usize> = header.slots.iter().map(|slot| slot.places[0]).collect();
    assert_eq!(places, [0, 5, 3, 1]);
    assert_eq!(unread(&header), ["问题类别", "办理备注"]);
    assert_eq!(header.missing(&Mapping::default()), [Column::Received, Column::Story]);
    assert_eq!(header.title(Column::Amount), "消费金额（单位：元）");
    assert!(Header::of(&[], &row("12315投诉举报导出表"), &[], &Mapping::default()).is_none());
    assert!(Header::of(&[], &row("登记编号"), &[], &Mapping::default()).is_none());
}

#[rstest]
#[case::by_neighbours("登记编号|企业名称|联系电话|企业地址|提供方姓名|联系电话|具体问题", Some(5), None)]
#[case::the_shops_alone("登记编号|被投诉人名称|被投诉人地址|联系电话|投诉内容", None, None)]
#[case::the_persons_alone("登记编号|姓名|联系电话|企业名称|企业地址|具体问题", Some(2), None)]
#[case::nobody_before("登记编号|联系电话|企业名称|具体问题", Some(1), None)]
#[case::in_brackets("登记编号|联系电话（被投诉方）|企业名称|联系电话（投诉人）|具体问题", Some(3), None)]
#[case::brackets_alone("登记编号|姓名|联系电话（企业）|企业名称|具体问题", None, None)]
#[case::by_its_own_word("登记编号|企业名称|投诉人手机|商家电话|具体问题", Some(2), None)]
#[case::addresses("登记编号|投诉人|地址|被投诉方|地址|具体问题", None, Some(2))]
fn whose_a_telephone_and_an_address_are(
    #[case] titles: &str,
    #[case] phone: Option<usize>,
    #[case] address: Option<usize>,
) {
    let header = header(titles);
    assert_eq!(place(&header, Column::Phone), phone);
    assert_eq!(place(&header, Column::Address), address);
    assert!(header.doubtful.is_empty());
}

#[rstest]
#[case("消费金额（万元）", Some(1e4))]
#[case("消费金额(单位:万元)", Some(1e4))]
#[case("消费金额万元", Some(1e4))]
#[case("消费金额/千元", Some(1e3))]
#[case("消费金额（元）", Some(1.0))]
#[case("消费金额【人民币元】", Some(1.0))]
#[case("消费金额", Some(1.0))]
#[case("消费金额（美元）", None)]
#[case("消费金额（退款后）", None)]
fn what_an_amount_counts_in_is_said_by_its_title(#[case] title: &str, #[case] unit: Option<f64>) {
    let header = header(&format!("登记编号|{title}|具体问题"));
    let found = header.slots.iter().find(|slot| slot.column == Column::Amount);
    assert_eq!(found.map(|slot| slot.unit), unit);
}

#[rstest]
#[case("登记编号（原系统）|工单编号|具体问题", 1)]
#[case("登记编号（必填）|工单编号|具体问题", 0)]
#[case("登记编号（12315平台）|原登记编号|具体问题", 0)]
fn brackets_that_say_something_else_count(#[case] titles: &str, #[case] at: usize) {
    assert_eq!(place(&header(titles), Column::Number), Some(at));
}

#[test]
fn two_columns_of_one_name_are_named_and_parts_of_a_story_are_one() {
    let twice = header("登记编号|登记时间|登记时间|消费金额|消费金额|具体问题|备注|备注");
    assert_eq!(twice.doubtful, ["登记时间（B、C 列）", "消费金额（D、E 列）"]);
    let story = header("登记编号|登记日期|投诉内容|投诉内容|投诉内容");
    assert!(story.doubtful.is_empty());
    assert_eq!(read(&story)[2], (Column::Story, vec![2, 3, 4]));
}

#[rstest]
#[case::behind_the_shop("登记编号|投诉人|被投诉方|联系电话|联系电话|具体问题", &["联系电话（D、E 列）"])]
#[case::behind_the_person("登记编号|被投诉方|投诉人|联系电话|联系电话|具体问题", &["联系电话（D、E 列）"])]
#[case::hers_is_known("登记编号|提供方电话|被投诉方|联系电话|联系电话|具体问题", &[])]
#[case::one_alone("登记编号|投诉人|被投诉方|联系电话|具体问题", &[])]
#[case::addresses("登记编号|投诉人|被投诉方|地址|地址|具体问题", &["地址（D、E 列）"])]
fn columns_that_nobody_can_tell_apart_are_named(#[case] titles: &str, #[case] doubtful: &[&str]) {
    assert_eq!(header(titles).doubtful, doubtful);
}

#[test]
fn a_column_that_is_not_read_is_named_by_its_letter_with_the_reason() {
    let header = header("登记编号|工单号|企业名称|联系电话|商家电话|备注|具体问题");
    let said: Vec<String> = header.ignored.iter().map(Unread::zh).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let expected = [
        "工单号（B 列，另有更合适的同类列）",
        "联系电话（D 列，被投诉方的）",
        "商家电话（E 列，被投诉方的）",
        "备注（F 列）",
    ];
    assert_eq!(said, expected);
    let mapping = Mapping::parse("[columns]\n'甲' = '登记编号'\n'乙' = '登记编号'\n").unwrap();
    let header = Header::of(&[], &row("甲|乙|具体问题"), &[], &mapping).unwrap();
    assert_eq!(header.doubtful, ["甲（A 列）和乙（B 列）都是“登记编号”"]);
}

#[test]
fn titles_in_two_rows_are_read_together() {
    let groups = row("登记编号|登记时间|类型|提供方|||被投诉方|||具体问题|办理情况");
    let details = row("|||姓名|联系方式|地址|名称|统一社会信用代码|地址||");
    assert!(is_details(&groups, &details));
    let header = Header::of(&[], &groups, &details, &Mapping::default()).unwrap();
    let columns: Vec<Column> = header.slots.iter().map(|slot| slot.column).collect();
    let all = [
        C::Number,
        C::Received,
        C::Kind,
        C::Name,
        C::Phone,
        C::Address,
        C::Shop,
        C::CreditCode,
        C::Premises,
        C::Story,
        C::Standing,
    ];
    assert_eq!(columns, all);
    assert!(header.ignored.is_empty(), "{:?}", header.ignored);

    // The groups alone in a row of their own, above all titles.
    let groups = row("基本信息|||提供方信息|||被投诉方信息|||处理情况");
    let titles = row("登记编号|登记时间|类型|姓名|电话|地址|名称|电话|地址|具体问题");
    assert!(!is_details(&titles, &row("T1|2026-01-05|投诉|许某|135|街|店|0472|路|坏了")));
    let header = Header::of(&groups, &titles, &[], &Mapping::default()).unwrap();
    assert_eq!((place(&header, C::Phone), place(&header, C::Premises)), (Some(4), Some(8)));
    assert_eq!(unread(&header), ["电话"], "the shop's");
}

#[test]
fn what_a_clerk_says_of_her_titles_holds() {
    let mapping =
        Mapping::parse("[columns]\n'流水号' = '登记编号'\n'企业名称' = ''\n'店名' = '企业名称'\n").unwrap();
    let header = Header::of(&[], &row("流水号|企业名称|店名|联系电话|具体问题"), &[], &mapping).unwrap();
    assert_eq!((place(&header, Column::Number), place(&header, Column::Shop)), (Some(0), Some(2)));
    assert_eq!(unread(&header), ["企业名称"]);
}

#[test]
fn the_header_of_another_system_is_read() {
    let header = header(
        "工单号|表单类型|标题|举报人姓名|性别|来电号码|联系电话|类型|涉及主体名称|电话|地址|购物方式|消费金额|投诉内容|投诉内容|\
         投诉内容|信息来源|登记编号|登记日期|是否职投|购买日期|网购平台|电子邮箱地址|处理单位|领域||",
    );
    for (column, at) in [
        (Column::Number, 17),
        (Column::Received, 18),
        (Column::Kind, 7),
        (Column::Name, 3),
        (Column::Phone, 6),
        (Column::Shop, 8),
        (Column::Premises, 10),
        (Column::Amount, 12),
        (Column::Story, 13),
        (Column::Channel, 16),
        (Column::ImportedLabel, 19),
        (Column::Occurred, 20),
        (Column::Platform, 21),
        (Column::Email, 22),
        (Column::HandledBy, 23),
        (Column::SalesMode, 11),
    ] {
        assert_eq!(place(&header, column), Some(at), "{column:?}");
    }
    assert_eq!(unread(&header), ["工单号", "表单类型", "标题", "性别", "来电号码", "电话", "领域"]);
}
