"""What the demo sells. Names are made up; prices are in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.intervals import Unit


@dataclass(frozen=True, slots=True)
class Item:
    """A product. `keys` is how many the live store gets."""

    slug: str
    name_zh: str
    name_en: str
    currency: str
    price: int
    keys: int
    description_zh: str
    description_en: str
    usage_zh: str
    usage_en: str
    tiers: Mapping[int, int] = field(default_factory=dict)
    max_quantity: int = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan of a membership. `price`: one period's, in the product's currency."""

    slug: str
    name_zh: str
    name_en: str
    unit: Unit
    price: int
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class Club:
    """A membership and its plans."""

    slug: str
    name_zh: str
    name_en: str
    currency: str
    description_zh: str
    description_en: str
    usage_zh: str
    usage_en: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """A store and its shelf. `code` takes ten per cent off everything in it."""

    slug: str
    name_zh: str
    name_en: str
    notice_zh: str
    notice_en: str
    support_zh: str
    support_en: str
    accent: str
    items: tuple[Item, ...]
    code: str
    clubs: tuple[Club, ...] = ()


STREAMING = Item(
    slug="moonreel-month",
    name_zh="月映影视会员 · 月卡",
    name_en="Moonreel streaming, 1 month",
    currency="CNY",
    price=1980,
    tiers={5: 1880, 20: 1750},
    keys=2_600,
    description_zh="**全端通用**：手机、平板、电视同时在线 2 台。\n\n"
    "- 激活后 31 天有效，可叠加\n- 仅限中国大陆账号\n- 自动发货，付款后几秒内到账",
    description_en="**Every screen**: phone, tablet and TV, two at a time.\n\n"
    "- 31 days from activation, adds up\n- Accounts of mainland China only\n"
    "- Delivered within seconds of paying",
    usage_zh="1. 打开月映 App，登录账号\n2. 「我的」→「兑换中心」\n3. 粘贴卡密，点「兑换」",
    usage_en="1. Open the Moonreel app and sign in\n2. *Me* → *Redeem*\n3. Paste the key and press *Redeem*",
)
CLOUD = Item(
    slug="cirrus-drive-year",
    name_zh="卷云网盘 · 2TB 年卡",
    name_en="Cirrus Drive 2 TB, 1 year",
    currency="CNY",
    price=12_800,
    tiers={3: 12_200, 10: 11_500},
    keys=1_200,
    max_quantity=20,
    description_zh="2TB 空间，不限速，支持在线解压与 4K 播放。\n\n激活码须在购买后 90 天内使用。",
    description_en="2 TB, full speed, archives open online, plays 4K.\n\nActivate within 90 days of buying.",
    usage_zh="登录卷云网页版 → 头像 →「激活码兑换」。",
    usage_en="Sign in to Cirrus on the web → your picture → *Redeem a code*.",
)
OFFICE = Item(
    slug="papermill-office",
    name_zh="造纸坊办公套件 · 永久授权",
    name_en="Papermill Office, perpetual licence",
    currency="CNY",
    price=6_600,
    tiers={5: 6_200},
    keys=6,
    description_zh="文字、表格、演示三件套，一码一机，支持 Windows 与 macOS。\n\n"
    "授权绑定设备，换机可在官网自助解绑（每年 2 次）。",
    description_en="Writer, sheets and slides. One key, one machine, Windows and macOS.\n\n"
    "Move it to a new machine yourself, twice a year.",
    usage_zh="安装后打开任意程序，在「帮助 → 激活」中输入授权码。",
    usage_en="Install, open any of the programs and type the key under *Help → Activate*.",
)
COINS = Item(
    slug="starfall-680",
    name_zh="星落大陆 · 680 星钻",
    name_en="Starfall, 680 star gems",
    currency="CNY",
    price=6_480,
    tiers={10: 6_300},
    keys=1_800,
    description_zh="全区服通用。到账即用，不支持跨账号转移。",
    description_en="Works on every server. Gems stay with the account that redeems them.",
    usage_zh="游戏内「设置 → 礼包码」粘贴卡密即可到账。",
    usage_en="In the game, *Settings → Gift code*, paste the key.",
)
PASS = Item(
    slug="starfall-pass",
    name_zh="星落大陆 · 月度通行证",
    name_en="Starfall, monthly pass",
    currency="CNY",
    price=3_000,
    keys=1_000,
    description_zh="30 天每日领取 90 星钻，另赠限定头像框。",
    description_en="90 gems a day for 30 days, and a frame for your picture.",
    usage_zh="游戏内「设置 → 礼包码」粘贴卡密即可到账。",
    usage_en="In the game, *Settings → Gift code*, paste the key.",
)
BEGINNER = Item(
    slug="starfall-beginner",
    name_zh="星落大陆 · 新手礼包",
    name_en="Starfall, beginner's pack",
    currency="CNY",
    price=600,
    keys=0,
    max_quantity=1,
    description_zh="每个账号限用一次，补货时间以公告为准。",
    description_en="Once per account. See the notice for the next delivery.",
    usage_zh="游戏内「设置 → 礼包码」粘贴卡密即可到账。",
    usage_en="In the game, *Settings → Gift code*, paste the key.",
)
PIXEL_USD = Item(
    slug="inkwell-pro",
    name_zh="墨井 Pro 授权码（国际版）",
    name_en="Inkwell Pro licence",
    currency="USD",
    price=2_900,
    tiers={5: 2_600, 25: 2_200},
    keys=800,
    description_zh="矢量与版式设计工具，一码三台设备，含一年更新。",
    description_en="Vector and layout design. One key for three devices, a year of updates.",
    usage_zh="在软件欢迎页选择「我有授权码」。",
    usage_en="Choose *I have a licence key* on the welcome screen.",
)
FONTS_USD = Item(
    slug="northshore-type",
    name_zh="北岸字库 · 40 款合集",
    name_en="Northshore Type, 40 families",
    currency="USD",
    price=1_250,
    tiers={3: 1_100},
    keys=500,
    description_zh="可商用，含网页与印刷授权。下载地址在兑换后显示。",
    description_en="For commercial work, in print and on the web. The download appears after redeeming.",
    usage_zh="在字库官网「兑换」页输入卡密。",
    usage_en="Type the key on the *Redeem* page of the foundry.",
)
PIXEL_CNY = Item(
    slug="inkwell-pro-cn",
    name_zh="墨井 Pro 授权码（中国版）",
    name_en="Inkwell Pro licence, China edition",
    currency="CNY",
    price=19_900,
    tiers={5: 18_800},
    keys=494,
    description_zh="中国版账号专用，一码三台设备，含一年更新与中文字库。",
    description_en="For accounts of the China edition. Three devices, a year of updates, Chinese fonts.",
    usage_zh="在软件欢迎页选择「我有授权码」。",
    usage_en="Choose *I have a licence key* on the welcome screen.",
)

DAWN_CLUB = Club(
    slug="dawn-club",
    name_zh="晨光会员",
    name_en="Dawn Club",
    currency="CNY",
    description_zh="每周更新的效率模板与教程，会员群答疑。\n\n按月、按季或按年，随时变更、暂停或取消。",
    description_en="Templates and courses, new every week, and answers in the members' group.\n\n"
    "By month, quarter or year; change, pause or cancel at any time.",
    usage_zh="在会员中心输入会员密钥即可登录。",
    usage_en="Sign in to the members' area with the membership key.",
    offers=(
        Offer("month", "按月", "Monthly", Unit.MONTH, 1_900, trial_days=7),
        Offer("quarter", "按季", "Quarterly", Unit.QUARTER, 4_900),
        Offer("year", "按年", "Yearly", Unit.YEAR, 16_800),
    ),
)
STUDIO = Club(
    slug="inkwell-studio",
    name_zh="墨井 Studio 订阅",
    name_en="Inkwell Studio",
    currency="USD",
    description_zh="墨井全套工具，含云端协作，每席位计费。",
    description_en="All of Inkwell's tools with shared documents, by the seat.",
    usage_zh="在软件「帮助 → 激活」中输入会员密钥。",
    usage_en="Type the membership key under *Help → Activate*.",
    offers=(
        Offer("month", "按月", "Monthly", Unit.MONTH, 900, trial_days=14),
        Offer("year", "按年", "Yearly", Unit.YEAR, 9_000),
    ),
)
DAWN = Shop(
    slug="dawn",
    name_zh="晨光数码",
    name_en="Dawn Digital",
    notice_zh="全部商品自动发货；卡密一经发出，除无效外不退不换。无效请在 24 小时内联系我们。",
    notice_en="Everything is delivered at once. Keys that were shown come back only if they do not work; "
    "tell us within 24 hours.",
    support_zh="help@dawn.example，每天 9:00–23:00",
    support_en="help@dawn.example, 9:00–23:00 Beijing time",
    accent="#b35a00",
    items=(STREAMING, CLOUD, OFFICE),
    code="DAWN10",
    clubs=(DAWN_CLUB,),
)
GAMES = Shop(
    slug="dawn-games",
    name_zh="晨光游戏",
    name_en="Dawn Games",
    notice_zh="星落大陆新手礼包预计周五补货。",
    notice_en="The beginner's pack is expected back on Friday.",
    support_zh="help@dawn.example，每天 9:00–23:00",
    support_en="help@dawn.example, 9:00–23:00 Beijing time",
    accent="#007a5a",
    items=(COINS, PASS, BEGINNER),
    code="STAR10",
)
NORTHSHORE = Shop(
    slug="northshore",
    name_zh="北岸软件",
    name_en="Northshore Software",
    notice_zh="企业采购满 25 份可开增值税发票，请联系客服。",
    notice_en="Invoices for companies from 25 pieces on; write to us.",
    support_zh="hello@northshore.example",
    support_en="hello@northshore.example",
    accent="#0072b2",
    items=(PIXEL_CNY, PIXEL_USD, FONTS_USD),
    code="NORTH10",
    clubs=(STUDIO,),
)

TWIN_KEYS = 200
"""How many keys each product of a twin gets, sold out ones excepted; with them there are 10,000."""
