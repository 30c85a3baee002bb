"""Where a name seems to come from: a rough guess, to see whether matching is as right for everybody. Pure.

It is worked out from the name alone, when counts are asked for, and is never kept, shown or used to match. Whoever it
cannot place is "other"; it says something of many names together, and nothing of one person.
"""

from typing import Final

from broker.folding import folded_words

_SURNAMES: Final = {
    "south asian": "ahmed ali akhtar bashir begum bibi bhatt chaudhry choudhury chowdhury das desai dhillon gill gupta "
    "hussain iqbal joshi kaur khan khatun kumar mahmood malik mehta mistry mohammed nair naidu parmar patel rahman rao "
    "rashid reddy saleem shah shaikh sharma sheikh siddiqui sidhu singh sodhi uddin verma",
    "african": "abdi abdullahi adebayo adeyemi afolabi agyeman appiah asante balogun banda boateng chukwu diallo eze "
    "farah hassan ibrahim kamara mensah mohamed moyo mwangi ncube ndlovu nkosi nwosu obi ochieng okafor okeke okoro "
    "okonkwo olusola osei owusu phiri tembo traore warsame yusuf",
    "east asian": "chan chang chen cheng cheung choi ho huang kim lam lau law lee leung li lim lin liu ng nguyen park "
    "tan tang tran wang wong wu xu yang yip zhang zhao zhou zhu",
    "middle eastern": "abbas abdullah ahmadi al amini aziz demir farouk habib haddad hosseini jaafar karimi khalil "
    "mansour mohammadi mustafa nasser omar ozturk rahimi saleh sultan yildiz yilmaz",
    "southern european": "costa da dias fernandes fernandez ferreira garcia gomes gonzalez lopez martinez pereira perez "
    "rodrigues rodriguez rossi ruiz russo sanchez santos silva",
    "celtic": "campbell davies davis evans fraser griffiths hughes huws jenkins jones kelly lloyd llewellyn morgan murphy "
    "murray owen parry powell price pryce rees roberts ryan stewart sullivan thomas walsh williams",
}
#: endings of words that are long enough to have one
_ENDINGS: Final = {
    "east european": (
        "ski",
        "ska",
        "cki",
        "cka",
        "wicz",
        "czyk",
        "escu",
        "eanu",
        "ova",
        "ov",
        "eva",
        "enko",
        "iuk",
        "ovic",
    ),
    "southern european": ("opoulos", "akis", "idis", "elli", "etti", "ucci"),
}
_CELTIC_BEGINNINGS: Final = ("mac", "mc", "ap ", "ferch ", "o ", "o'", "o’")
_SHORTEST: Final = 5
OTHER: Final = "other"
ONE_NAME: Final = "one name only"
ANOTHER_SCRIPT: Final = "another script"
_ORIGIN_OF: Final = {name: origin for origin, names in _SURNAMES.items() for name in names.split()}


def origin_of(forenames: str | None, surname: str | None) -> str:
    """The group that a name is counted in."""
    written = folded_words(surname or "")
    if not (forenames or "").strip():
        return ONE_NAME
    if any(ord(letter) > 0x24F and letter.isalpha() for letter in written):
        return ANOTHER_SCRIPT
    if (surname or "").strip().lower().startswith(_CELTIC_BEGINNINGS):
        return "celtic"
    words = written.split()
    by_list = (_ORIGIN_OF[word] for word in words if word in _ORIGIN_OF)
    by_ending = (
        origin for word in words for origin, ends in _ENDINGS.items() if len(word) >= _SHORTEST and word.endswith(ends)
    )
    return next(by_list, None) or next(by_ending, OTHER)
