"""Markers in posts, per claimed language: paid posts, giveaways, praise that fits under anything."""

from collections.abc import Iterable, Sequence

from services.scoring.text.normalise import word_set

# Hashtags (as keys) by which creators label advertising; platforms' own labels come as `paid_partnership`.
PAID_HASHTAGS = word_set("""
        ad ads adv advert advertisement advertising sponsored sponsoredpost spon sponcon paidpartnership paidpartner
    paidad gifted prgifted giftedbybrand brandpartner anzeige werbung werbungunbezahlt bezahlteanzeige bezahltewerbung
    publi publicidad anuncio patrocinado colaboracionpagada publipost publipostagem publicidade parceriapaga
    sponsorise sponsorisé collaborationcommerciale partenariatremunere partenariatrémunéré pub quangcao quảngcáo
    tàitrợ taitro إعلان اعلان إعلان_مدفوع اعلان_مدفوع شراكة_مدفوعة pr 広告 タイアップ 案件 提供""")
_PAID_PHRASES = {
    "en": ("paid partnership", "sponsored by", "in paid partnership", "this post is sponsored", "paid ad"),
    "es": ("colaboración pagada", "patrocinado por", "publicidad pagada"),
    "de": ("bezahlte partnerschaft", "gesponsert von", "bezahlte werbung", "unbezahlte werbung"),
    "pt": ("parceria paga", "patrocinado por", "publicidade paga"),
    "fr": ("partenariat rémunéré", "sponsorisé par", "collaboration commerciale"),
    "vi": ("được tài trợ", "hợp tác trả phí", "quảng cáo"),
    "ar": ("شراكة مدفوعة", "إعلان مدفوع", "برعاية"),
    "ja": ("タイアップ投稿", "プロモーションを含みます", "提供いただき", "企業案件"),
}
# Codes and affiliate links: money follows, so the mention is not a fan's.
_CODE_PHRASES = {
    "en": ("use my code", "use code", "with my code", "my discount code", "affiliate link", "link in bio for"),
    "es": ("usa mi código", "con mi código", "código de descuento", "enlace de afiliado"),
    "de": ("mit meinem code", "rabattcode", "mit dem code", "affiliate-link"),
    "pt": ("use meu cupom", "com meu cupom", "cupom de desconto", "link de afiliado"),
    "fr": ("avec mon code", "code promo", "lien affilié"),
    "vi": ("mã giảm giá", "nhập mã", "dùng mã"),
    "ar": ("كود الخصم", "كود خصم", "استخدموا كود"),
    "ja": ("クーポンコード", "割引コード", "アフィリエイト"),
}
GIVEAWAY_HASHTAGS = word_set("""
    giveaway giveaways giveawayalert giveawaytime contest win sweepstakes freebie sorteo sorteos concurso gewinnspiel
    verlosung sorteio sorteios concours jeuconcours giveawayvietnam minigame quàtặng quatang سحب مسابقة جوائز
    プレゼント企画 懸賞 プレゼントキャンペーン""")
_GIVEAWAY_PHRASES = {
    "en": ("giveaway", "tag a friend to win", "tag two friends", "to win", "prize draw", "enter to win"),
    "es": ("sorteo", "para participar", "etiqueta a dos", "gana un"),
    "de": ("gewinnspiel", "zu gewinnen", "verlosen", "verlosung"),
    "pt": ("sorteio", "para participar", "marque dois amigos", "concorrer a"),
    "fr": ("concours", "à gagner", "jeu-concours", "tirage au sort"),
    "vi": ("tặng quà", "minigame", "bốc thăm", "trúng thưởng"),
    "ar": ("سحب على", "مسابقة", "للفوز", "جائزة"),
    "ja": ("プレゼント企画", "抽選で", "フォロー&リポスト", "応募方法"),
}
# Words of praise that fit under every post. A comment made of these alone says nothing about the post.
_GENERIC = {
    "en": """amazing awesome beautiful best cool cute dope fab fabulous fantastic fire follow gorgeous great incredible
        inspiring lovely love nice omg perfect pic post pretty slay stunning super sweet thanks wow wonderful yes yay
        girl bro queen king babe shot content page check dm me back""",
    "es": """bonita bonito bello bella genial guapa guapo hermosa hermoso increíble linda lindo me encanta preciosa
        precioso qué súper top amor foto wow""",
    "de": """cool genial geil hammer hübsch klasse mega perfekt schön schönes schöne sieht super süß toll tolle tolles
        top wow wunderschön bild""",
    "pt": """amei demais incrível linda lindo lindas maravilhosa maravilhoso perfeita perfeito show top arrasou amor
        foto wow""",
    "fr": """beau belle bravo canon génial incroyable j'adore adore jolie joli magnifique parfait sublime superbe top
        trop photo wow""",
    "vi": """đẹp quá tuyệt vời xinh dễ thương đỉnh hay xịn thích yêu wow""",
    "ar": """جميل جميلة رائع رائعة حلو حلوة روعة ممتاز تحفة واو الله يسلمك ماشاء""",
    "ja": """かわ わい いい すて てき 素敵 すご ごい 最高 綺麗 きれ れい 可愛 愛い さい いい いね""",
}
_GENERIC_WORDS = {language: word_set(words) for language, words in _GENERIC.items()}
MAX_GENERIC_WORDS = 6


def _has_any(cleaned: str, language: str | None, phrases: dict[str, tuple[str, ...]]) -> bool:
    if language is None:
        return any(phrase in cleaned for group in phrases.values() for phrase in group)
    return any(phrase in cleaned for phrase in phrases.get(language, ())) or any(
        phrase in cleaned for phrase in phrases["en"]
    )


def says_paid(cleaned: str, hashtag_keys: Iterable[str], language: str | None) -> bool:
    """Whether a post says itself that it is advertising, by hashtag or wording, or carries a code to buy with."""
    if not PAID_HASHTAGS.isdisjoint(hashtag_keys):
        return True
    return _has_any(cleaned, language, _PAID_PHRASES) or _has_any(cleaned, language, _CODE_PHRASES)


def says_giveaway(cleaned: str, hashtag_keys: Iterable[str], language: str | None) -> bool:
    """Whether a post runs or joins a giveaway."""
    return not GIVEAWAY_HASHTAGS.isdisjoint(hashtag_keys) or _has_any(cleaned, language, _GIVEAWAY_PHRASES)


def is_generic(words: Sequence[str], language: str) -> bool:
    """Whether a comment in a claimed language consists of a few words of praise only. A question never does."""
    if not words or len(words) > MAX_GENERIC_WORDS:
        return False
    known = _GENERIC_WORDS[language]
    english = _GENERIC_WORDS["en"]
    filler = _FILLER[language]
    return any(word in known or word in english for word in words) and all(
        word in known or word in english or word in filler for word in words
    )


_FILLER = {
    "en": word_set("so this is the a you your very such too i my and it look looking really just what"),
    "es": word_set("muy tan que es está la el tu esta este y una un"),
    "de": word_set("so sehr das ist ein eine und dein du aus echt ja"),
    "pt": word_set("muito que tão é está a o sua esse essa e uma um"),
    "fr": word_set("très c'est est la le ta ton cette si vraiment tellement"),
    "vi": word_set("rất bạn ơi thế lắm này ảnh chị em anh"),
    "ar": word_set("جدا هذا هذه يا ما شاء والله كثير"),
    "ja": word_set("です ます ても とて ね！ すね です ですね ほん んと とう とに"),
}
