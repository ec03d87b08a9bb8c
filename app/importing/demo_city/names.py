"""Names as children and teachers in Taiwan have them, and identity numbers with a right check digit. All invented."""

from __future__ import annotations

from random import Random

from app.accounts.identity import has_right_checksum

# Family names by their share of the population, in thousandths.
FAMILY_NAMES = (
    "陳 111,林 83,黃 60,張 53,李 51,王 41,吳 41,劉 32,蔡 29,楊 27,許 23,鄭 19,謝 18,洪 15,郭 15,邱 15,曾 14,廖 14,賴 13,"
    "徐 13,周 12,葉 12,蘇 11,莊 10,呂 10,江 9,何 9,蕭 8,羅 8,高 8,潘 7,簡 7,朱 7,鍾 7,游 6,彭 6,詹 6,施 5,胡 5,沈 5,"
    "余 5,盧 4,梁 4,趙 4,顏 4,柯 4,翁 4,魏 4,孫 4,戴 4,范 3,方 3,宋 3,鄧 2,杜 2,傅 2,侯 2,曹 2,薛 2,丁 2,卓 2,歐陽 1"
)
BOYS = (
    "承恩,宥廷,品睿,柏翰,宇翔,冠宇,睿恩,彥廷,子睿,宥辰,柏宇,承翰,品丞,宇恩,浩宇,禹安,奕辰,昱安,丞恩,宥翔,子豪,家豪,"
    "俊宇,柏勳,楷恩,祐辰,宸宇,廷睿,恩碩,辰恩,秉宏,哲宇,東霖,凱翔,威廷,士軒,育安,亮宇,澤宇,以恩,允辰,冠霖,程皓,翊安,竣宇,"
    "皓軒,少謙,禹碩,立宸,崇恩"
)
GIRLS = (
    "品妤,子晴,語彤,思涵,子瑜,宥恩,詠晴,羽彤,芯語,苡安,采潔,心妤,沛恩,雨霏,佳穎,芷瑄,妤恩,品蓁,歆語,語婕,宜蓁,若晴,"
    "筱晴,昀蓁,以晴,可昕,映彤,詩涵,禹彤,宣妤,亭妤,恩綺,欣妤,郁晴,柔安,紫涵,睿庭,妍希,安琪,怡萱,佩珊,子芸,予潔,晨曦,"
    "翊綺,靖雯,千慧,沁蕾,昕蕾,映竹"
)
MEN = "志明,建國,志強,文彬,俊傑,家豪,宗翰,明哲,信宏,振宇,國樑,育誠,冠廷,柏宏,永昌,勝文,嘉宏,政霖,彥良,士賢"
WOMEN = "淑芬,美玲,雅婷,怡君,佩珊,惠雯,靜宜,玉華,佳蓉,欣怡,秀娟,麗華,雅雯,慧君,淑惠,詩婷,婉如,宜靜,鳳英,筱君"

_FAMILIES = [entry.split()[0] for entry in FAMILY_NAMES.split(",")]
_WEIGHTS = [int(entry.split()[1]) for entry in FAMILY_NAMES.split(",")]
_LETTERS = "HHHHHHAFJGBOE"
"""Where children of Taoyuan are registered first: H is Taoyuan itself."""


def family_name(random: Random) -> str:
    return random.choices(_FAMILIES, _WEIGHTS)[0]


def child_name(random: Random, is_girl: bool) -> tuple[str, str]:
    """Family and given name of a pupil."""
    return family_name(random), random.choice((GIRLS if is_girl else BOYS).split(","))


def grown_up_name(random: Random) -> tuple[str, str]:
    """Family and given name of a teacher or a parent."""
    is_woman = random.random() < 0.7
    return family_name(random), random.choice((WOMEN if is_woman else MEN).split(","))


def national_id(random: Random, is_girl: bool) -> str:
    """A national ID with the right check digit."""
    return _with_check_digit(random.choice(_LETTERS) + ("2" if is_girl else "1") + _digits(random, 7))


def resident_certificate(random: Random, is_girl: bool) -> str:
    """A resident certificate of the form in use since 2021."""
    return _with_check_digit("A" + ("9" if is_girl else "8") + _digits(random, 7))


def _digits(random: Random, count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))


def _with_check_digit(nine: str) -> str:
    return next(nine + digit for digit in "0123456789" if has_right_checksum(nine + digit))
