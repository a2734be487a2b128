"""For whom a difference holds: these speakers, new speakers, new sentences, another corpus.

A test over seeds says whether a difference comes back with other seeds on these very speakers; readers ask about other
speakers. Every cell's predictions name each clip's speaker, so both can be answered, each with its own error term.
"""

from ser.analysis.claims.clips import speaker_scores, tables_of
from ser.analysis.claims.selection import claims, claims_from_clips, group_claims

__all__ = ["claims", "claims_from_clips", "group_claims", "speaker_scores", "tables_of"]
