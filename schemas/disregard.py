"""Adults whom Council Tax does not count (Local Government Finance Act 1992, schedule 1)."""

from enum import StrEnum


class Disregard(StrEnum):
    """The class only: never the diagnosis or the reason behind it."""

    SEVERELY_MENTALLY_IMPAIRED = "severely_mentally_impaired"
    CARER = "carer"
    SCHOOL_OR_COLLEGE_LEAVER = "school_or_college_leaver"
    CHILD_BENEFIT = "child_benefit"
    APPRENTICE = "apprentice"
    STUDENT = "student"
    STUDENT_SPOUSE = "student_spouse"
    RELIGIOUS_COMMUNITY = "religious_community"
    DETAINED = "detained"
    HOSPITAL_OR_CARE_HOME = "hospital_or_care_home"
    DIPLOMAT = "diplomat"
