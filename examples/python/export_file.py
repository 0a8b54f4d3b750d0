"""A platform export (平台导出, Excel), row by row, as what a submission needs and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import openpyxl

from samples import BEIJING, at
from triage.v1 import file_codes_pb2, moments_pb2, submissions_pb2

NUMBER, RECEIVED, KIND = "登记编号", "登记时间", "类型"
REQUIRED = (NUMBER, RECEIVED, KIND, "企业名称", "企业地址", "具体问题", "初查受理状态", "不予受理原因", "办理情况状态",
            "挽回经济损失(单位:元)", "疑似职业索赔")

CHANNELS = {
    "全国12315平台": submissions_pb2.RECEIPT_CHANNEL_PLATFORM,
    "电话": submissions_pb2.RECEIPT_CHANNEL_HOTLINE,
    "12315热线": submissions_pb2.RECEIPT_CHANNEL_HOTLINE,
    "12345转办": submissions_pb2.RECEIPT_CHANNEL_CITY_HOTLINE,
    "来函": submissions_pb2.RECEIPT_CHANNEL_LETTER,
    "来人": submissions_pb2.RECEIPT_CHANNEL_COUNTER,
}

# The officer's mark (疑似职业索赔) as a finding (认定). A blank mark is no finding either way.
FINDINGS = {"是": file_codes_pb2.FINDING_SUSPECTED, "否": file_codes_pb2.FINDING_NOT_SUSPECTED, "": file_codes_pb2.FINDING_UNDETERMINED}

# Words of Order 121 Art. 16 by which a written reason (不予受理原因) is known; the first that fits.
GROUNDS = (
    ("处理权限", file_codes_pb2.REFUSAL_GROUND_NOT_OUR_DUTY),
    ("职责", file_codes_pb2.REFUSAL_GROUND_NOT_OUR_DUTY),
    ("生活消费", file_codes_pb2.REFUSAL_GROUND_NOT_FOR_CONSUMPTION),
    ("不能证明", file_codes_pb2.REFUSAL_GROUND_NOT_FOR_CONSUMPTION),
    ("已经受理", file_codes_pb2.REFUSAL_GROUND_HANDLED_ELSEWHERE),
    ("三年", file_codes_pb2.REFUSAL_GROUND_TOO_LATE),
    ("冒用", file_codes_pb2.REFUSAL_GROUND_IDENTITY_REFUSED),
    ("核验", file_codes_pb2.REFUSAL_GROUND_IDENTITY_REFUSED),
    ("材料", file_codes_pb2.REFUSAL_GROUND_MATERIAL_MISSING),
)


@dataclass
class Row:
    number: str
    received: str
    is_complaint: bool
    submission: submissions_pb2.Submission
    first_look: str  # 初查受理状态
    standing: str  # 办理情况状态
    refusal_reason: str  # 不予受理原因
    recovered_fen: int | None
    mark: str  # 疑似职业索赔: 是, 否 or blank

    @property
    def finding(self):
        return FINDINGS[self.mark]

    @property
    def ground(self):
        fits = (ground for word, ground in GROUNDS if word in self.refusal_reason)
        return next(fits, file_codes_pb2.REFUSAL_GROUND_OTHER_BY_LAW)

    @property
    def file(self):
        return f"submissions/{self.number}/files/{'complaint' if self.is_complaint else 'report'}"


def read(path):
    """All rows, in order of their receive time, then number."""
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    lines = sheet.iter_rows(values_only=True)
    header = [text(cell) for cell in next(lines)]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise SystemExit(f"✗ {path}: no column {'、'.join(missing)}")
    rows = [row_of(dict(zip(header, line))) for line in lines if any(cell is not None for cell in line)]
    return sorted(rows, key=lambda row: (row.received, row.number))


def row_of(cells):
    def get(name):
        return text(cells.get(name))

    is_complaint = {"投诉": True, "举报": False}[get(KIND)]
    part = submissions_pb2.Part(
        text=get("具体问题"),
        amount_fen=fen(cells.get("消费金额(单位:元)")),
        object_category=get("客体类别全称") or None,
        problem_category=get("问题类别全称") or None,
        sales_mode=get("销售方式") or None,
        place=get("事发地") or None,
    )
    if is_complaint:
        part.demands.extend(demand for demand in get("诉求内容").replace("，", ",").split(",") if demand)
    channel = get("接收方式")
    submission = submissions_pb2.Submission(
        registration_number=get(NUMBER),
        received=moment(get(RECEIVED)),
        channel=CHANNELS.get(channel, submissions_pb2.RECEIPT_CHANNEL_OTHER) if channel else None,
        complainant=submissions_pb2.Complainant(
            name=get("提供方姓名") or None,
            phone=get("提供方联系方式") or None,
            id_number=get("提供方证件号码") or None,
            address=get("提供方地址") or None,
            delivery_address=get("收货地址") or None,
            email=get("电子邮箱") or None,
            payment_account=get("收款账户") or None,
        ),
        respondent=submissions_pb2.Respondent(
            name=get("企业名称") or None,
            credit_code=get("统一社会信用代码") or None,
            premises=get("企业地址") or None,
        ),
        complaint=part if is_complaint else None,
        report=None if is_complaint else part,
    )
    return Row(
        number=get(NUMBER),
        received=get(RECEIVED),
        is_complaint=is_complaint,
        submission=submission,
        first_look=get("初查受理状态"),
        standing=get("办理情况状态"),
        refusal_reason=get("不予受理原因"),
        recovered_fen=fen(cells.get("挽回经济损失(单位:元)")),
        mark=get("疑似职业索赔"),
    )


def text(cell):
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell).strip()


def moment(given):
    """Only a date stays only a date."""
    if len(given) == len("2026-01-05"):
        return moments_pb2.Moment(date=given)
    return at(datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING))


def fen(yuan):
    """Yuan (元) as whole fen (分). Stars and blanks are no amount."""
    if yuan is None or "*" in str(yuan) or not str(yuan).strip():
        return None
    return int((Decimal(str(yuan)) * 100).to_integral_value())
