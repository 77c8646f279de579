"""What a customer makes of an agent's text: a small grammar of keywords, read sentence by sentence.

A sentence asks for a fact if it names the fact's topic and is a question or a request ("please", "I need", "tell me").
It asks for consent if it is a question such as "shall I" or "is that all right". It refuses if it says that something
can't be done, unless on a condition ("until you", "unless"). Reasons are read from the sentences that don't ask.
"""

import re
import unicodedata
from dataclasses import dataclass

MAX_HEARD = 4000
"""Characters of a text that the customer listens to."""

SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
EMAIL_ADDRESS = re.compile(r"\be-?mail(?:s| address(?:es)?)?\b")
REQUEST = re.compile(
    r"\?|\b(please|need|require|tell me|give me|send me|provide|share|let me know|confirm|may i have|i'd like to know"
    r"|i would like to know|ask(ing)? (you )?for)\b"
)
NEEDLESS = re.compile(r"\b(don't|do not|no longer|needn't) need|\bno need\b")
TOPICS = {
    "name": re.compile(
        r"\b(your|full|first|last|account holder'?s?) (and last |and full )?name\b|\bwho (am i|are you)\b"
    ),
    "email": EMAIL_ADDRESS,
    "postcode": re.compile(r"\b(post ?code|postal code|zip( code)?)\b"),
    "order": re.compile(
        r"\border('s)? (number|no|id)\b|\bwhich (of your )?orders?\b|\bnumber of (the|your|that) order\b"
    ),
    "item": re.compile(
        r"\b(which|what) (item|product|article|goods|thing)s?\b|\bname of the (item|product)\b|\bproduct name\b"
        r"|\bwhat (is|was) it that you (bought|ordered)\b|\bwhat (did|have) you (order|buy|bought|ordered)"
        r"|\bwhat (do|would) you (want|like) to (return|send back|exchange)\b"
    ),
    "reason": re.compile(
        r"\bwhy\b|\breasons?\b|\bwhat('s| is| was| went| happened)? ?(wrong|the matter|the problem|the issue)\b"
        r"|\bwhat happened\b|\b(broken|damaged|faulty|defective)\b|\bcondition\b"
    ),
    "address": re.compile(
        r"\b(new|which|what|right|correct|other|delivery|different|full|shipping) (delivery |shipping )?address\b"
        r"|\bwhere (should|shall|would|do|to|can)\b|\baddress (should|shall|would|do you)\b|\bstreet\b"
    ),
    "option": re.compile(
        r"\b(which|what) (other |new )?(colou?r|size|option|variant|version|edition|one)\b|\binstead\b"
        r"|\bwhat (do|would) you (want|like) (it|them|to exchange it|to swap it) (in|for)\b"
    ),
    "code": re.compile(r"\b(discount|promo(tion)?|voucher|coupon|which|what|the|your) codes?\b"),
    "wish": re.compile(
        r"\bhow (can|may|could) (i|we) (help|assist)\b|\bwhat (can|may|could) (i|we) do\b|\bhelp you with\b"
        r"|\bwhat (do|would) you (want|like|need)( me| us)?( to do)?\?|\banything else\b|\bwhat is (it|this) about\b"
    ),
}
ACCOUNT = re.compile(r"\b(account|registered|current|identif\w+|verif\w+|on file)\b")
OPEN = re.compile(r"\b(which|what|where|why|who|how)\b")
PROPOSAL = re.compile(
    r"\b(shall|should) (i|we)\b|\b(may|can|could) (i|we) (?!(have|ask|get|know|see|help|please|assist)\b)\w+"
    r"|\b(do|would) you (want|like|agree|accept|mind)\b|\bare you (ok|okay|fine|happy)\b"
    r"|\b(is|would) (that|this|it)( be)? (ok|okay|right|correct|all right|alright|fine|acceptable|good)\b"
)
YES_OR_NO = re.compile(
    r"\bconfirm (that|with|the (refund|cancellation|exchange|change|return)|cancel\w+|exchang\w+|refund\w+|chang\w+)\b"
    r"|\b(reply|say|answer|type|respond)( with)? ['\"]?yes\b|\byes ?(/|or) ?no\b"
    r"|\blet me know (if|whether) (you agree|you want|you would|you'd|that|this|it)\b"
)
AGREEMENT = re.compile(r"\b(ok|okay|agreed|all right|alright|deal|go ahead|proceed|confirm|correct|right)\b")
TELL = re.compile(r"\b(tell|telling|give|giving|send|sending) (me|us)\b|\b(provid(e|ing)|shar(e|ing)) (your|the)\b")
REFUSAL = re.compile(
    r"\b(can ?not|can't|couldn't|could not|unable|not able|impossible|declined?|refuse|won't|not going to|must not"
    r"|may not|(not|isn't|aren't|wasn't) (possible|allowed|permitted|eligible|refundable|entitled|in a position)"
    r"|no longer (possible|allowed|be)|never taken back|(don't|do not) (offer|take|give|make))\b"
)
CONDITION = re.compile(
    r"\b(until|unless|whether|yet|without (your|the|an?)|before (i|we|you)|as long as|(first|still) need"
    r"|need to check)\b"
)
REASONS = {
    "window": re.compile(
        r"\b\d+[- ]days?\b|\b(window|too late|too long ago|deadline|(return|refund) period|time limit"
        r"|\w+ days (ago|since))\b"
    ),
    "gift card": re.compile(r"\bgift ?cards?\b"),
    "dispatched": re.compile(
        r"\b(dispatched|shipped|on (its|the) way|left (the|our) warehouse|in transit|sent out|processing)\b"
    ),
    "identity": re.compile(r"\b(identif\w+|verif\w+|match(es)?|no account|find (you|an account|your account))\b"),
    "stock": re.compile(r"\b(out of stock|not in stock|no(ne)? (\w+ )?in stock|sold out|unavailable|not available)\b"),
    "one discount": re.compile(
        r"\b(one|single|second|two|more than one) (discount |promo )?(discount|code)s?\b|\bcombin\w+\b"
        r"|\balready\b.{0,30}\b(discount|code)\b"
    ),
    "expired": re.compile(r"\b(expired|no longer valid|ended)\b"),
    "on time": re.compile(
        r"\b((not|wasn't|isn't) (late|delayed)|on time|in time|no delay|as promised"
        r"|(arrived|came|delivered)( \w+){0,3} (on|by|before|within)( the| its)? promised)\b"
    ),
}
KINDS = {
    "refund": re.compile(r"\b(refund\w*|money back|reimburse\w*|pay back|paid back)\b"),
    "cancel": re.compile(r"\bcancel\w*\b"),
    "exchange": re.compile(r"\b(exchang\w+|swap\w*|replac\w+)\b"),
    "address": re.compile(
        r"\b(chang|updat|correct|redirect)\w* .{0,40}\baddress\b|\b(new|another|different|other) (delivery )?address\b"
    ),
    "discount": re.compile(r"\b(discount|promo) code\b|\b(apply|add) .{0,30}\b(discount|code)\b"),
    "credit": re.compile(r"\b((store|shop|a) credit(?! card)|credit of|voucher|compensat\w+)\b"),
    "transfer": re.compile(r"\b(transfer you|colleague|human|manager|supervisor)\b"),
}
ORDER = re.compile(r"#\s?(\d{4,6})\b|\border (?:number |no\.? |id )?(\d{4,6})\b|(?<![\d.])(\d{5})(?![\d.]?\d)")
AMOUNT = re.compile(
    r"(?<![\d.])(\d{1,5})[.,](\d{1,2})(?!\d)|(?<![\d.,])(\d{1,5}) ?(?:€|euros?\b|eur\b)|(?:€|eur) ?(\d{1,5})(?![\d.,])"
)
PIECES = re.compile(
    r"\b(\d{1,3}|no|none)\b.{0,60}\b(stock|left|available|pieces?|units?|remaining)\b|\b(have|are|is) (\d{1,3})\b"
)
PAUSE = re.compile(
    r"\b(moment|let me (check|look|see)|hold on|just a (second|minute)|i'll|i will|i am going to|i'm going to)\b"
)


@dataclass(frozen=True)
class Heard:
    """What was understood of a text.

    Attributes:
        text: all of it, in lower case.
        asks: the topics of the facts that it asks for, in the order of ``TOPICS``.
        proposes: it asks for consent.
        refuses: it says that something can't be done.
        reasons: that it gives, among ``REASONS``.
        kinds: of wishes that it speaks of, among ``KINDS``.
        orders: their numbers.
        amounts: of money, in cents.
        pauses: it asks to wait.
        tells_amount: a sentence that doesn't ask has an amount of money.
        tells_pieces: a sentence that doesn't ask says how many pieces there are.
    """

    text: str
    asks: tuple[str, ...] = ()
    proposes: bool = False
    refuses: bool = False
    reasons: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    orders: frozenset[int] = frozenset()
    amounts: tuple[int, ...] = ()
    pauses: bool = False
    tells_amount: bool = False
    tells_pieces: bool = False

    def names(self, thing: str, words: int = 1) -> bool:
        """Whether the text has the last words of a thing's name."""
        short = " ".join(thing.lower().split()[-words:])
        return bool(short) and re.search(rf"\b{re.escape(short)}\b", self.text) is not None


def understand(text: str) -> Heard:
    """Read an agent's text."""
    plain = unicodedata.normalize("NFKC", text[:MAX_HEARD]).lower().replace("\u2019", "'")[:MAX_HEARD]
    sentences = [each.strip() for each in SENTENCE.split(plain) if each.strip()]
    questions = [_question(each) for each in sentences]
    asks = {topic for topics, _ in questions for topic in topics}
    telling = [each for each in sentences if not each.endswith("?") and not CONDITION.search(each)]
    told = " ".join(telling)
    reasons = frozenset(name for name, pattern in REASONS.items() if pattern.search(told))
    return Heard(
        text=plain,
        asks=tuple(topic for topic in TOPICS if topic in asks),
        proposes=any(proposes for _, proposes in questions),
        refuses=any(REFUSAL.search(each) for each in telling) or ("stock" in reasons),
        reasons=reasons,
        kinds=frozenset(name for name, pattern in KINDS.items() if pattern.search(EMAIL_ADDRESS.sub("", plain))),
        orders=frozenset(int(first or second or third) for first, second, third in ORDER.findall(plain)),
        amounts=tuple(
            int(euros or whole or after) * 100 + int(cents.ljust(2, "0"))
            for euros, cents, whole, after in AMOUNT.findall(plain)
        ),
        pauses=bool(PAUSE.search(plain)),
        tells_amount=bool(AMOUNT.search(told)),
        tells_pieces=any(PIECES.search(each) for each in telling),
    )


def _question(sentence: str) -> tuple[set[str], bool]:
    """The topics of the facts that a sentence asks for, and whether it asks for consent."""
    topics = _asked(sentence)
    if YES_OR_NO.search(sentence):
        return set(), True
    if not sentence.endswith("?") or OPEN.match(sentence) or TELL.search(sentence):
        return topics, False
    if PROPOSAL.search(sentence):
        return (topics if OPEN.search(sentence) else set()), True
    return topics, not topics and bool(AGREEMENT.search(sentence))


def _asked(sentence: str) -> set[str]:
    """The topics that a sentence names, if it is a question or a request."""
    if not REQUEST.search(sentence) or NEEDLESS.search(sentence):
        return set()
    bare = EMAIL_ADDRESS.sub(" ", sentence)
    topics = {topic for topic, pattern in TOPICS.items() if pattern.search(sentence if topic == "email" else bare)}
    if "address" in topics and not ACCOUNT.search(sentence):
        topics.discard("postcode")  # it belongs to the address
    return topics
