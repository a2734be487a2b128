"""What repositories read of an archive: RO-Crate 1.1 and Zenodo's own file; and a page for people."""

import json
import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pandas as pd

from ser.sharing.terms import UNKNOWN

CRATE: Final = "ro-crate-metadata.json"
ZENODO: Final = ".zenodo.json"
README: Final = "README.md"
TERMS: Final = "LICENCES.csv"
ENVIRONMENT: Final = "environment.txt"
_PROFILE: Final = "https://w3id.org/ro/crate/1.1"
_TYPES: Final = {
    ".parquet": "application/vnd.apache.parquet",
    ".jsonl": "application/jsonl",
    ".yaml": "application/yaml",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
}
_README: Final = """# {title}

{description}

- `report/report.html`: the statistics; every table beside it as CSV
- `report/scores.csv`, `report/speaker_scores.csv`: all scores, of the test sets and of single speakers
- `sweep/<cell>/`: result, configuration, training curves, and the prediction for every clip
- `LICENCES.csv`: licences and citations of corpora and checkpoints; the recordings and weights are not here
- `environment.txt`: versions

Make every table again, and list each number that differs: `python -m ser.analyze archive=<this file>`.
Train further seeds: `python -m ser.train archive=<this file> seed=110`.
Compare with other sweeps: `python -m ser.analyze archive=[<this file>,<another>]`.
"""


def describe(sweep: str, cells: int, failed: int, tests: list[str]) -> tuple[str, str]:
    """Return the title of an archive and one sentence on what is in it."""
    missing = f", {failed} without a result" if failed else ""
    description = (
        f"Results of {cells} trainings in speech emotion recognition{missing}, tested on {', '.join(tests)}: scores,"
        " predictions, configurations and report, made with ser-grid. No recordings, no weights."
    )
    return f"{sweep}: a sweep in speech emotion recognition", description


def write_metadata(
    folder: Path,
    title: str,
    description: str,
    ended: float,
    terms: pd.DataFrame,
    creators: list[dict[str, str]],
    licence: str,
) -> None:
    """Write the page and the metadata of an archive beside its other files, which must be complete.

    Args:
        folder: of all files.
        title: of the archive.
        description: of the archive.
        ended: when the last cell ended, seconds since the epoch; the date of the archive.
        terms: as `ser.sharing.terms.terms`.
        creators: as Zenodo has them: `name`, and `affiliation` and `orcid` where known.
        licence: of the archive, SPDX.
    """
    date = datetime.fromtimestamp(ended, UTC).date().isoformat()
    (folder / README).write_text(_README.format(title=title, description=description), encoding="utf-8")
    zenodo = {
        "upload_type": "dataset",
        "title": title,
        "description": description,
        "publication_date": date,
        "access_right": "open",
        "license": licence.lower(),
        "creators": creators,
        "keywords": ["speech emotion recognition", "ser-grid"],
        "references": sorted(set(terms["citation"]) - {UNKNOWN}),
        "related_identifiers": [
            {"identifier": url, "relation": "isDerivedFrom", "scheme": "url"}
            for url in sorted(set(terms["url"][terms["kind"] != "software"]) - {UNKNOWN})
        ],
    }
    _write(folder / ZENODO, zenodo if creators else {key: zenodo[key] for key in zenodo if key != "creators"})
    _write(folder / CRATE, crate(folder, title, description, date, terms, creators, licence))


def crate(
    folder: Path,
    title: str,
    description: str,
    date: str,
    terms: pd.DataFrame,
    creators: list[dict[str, str]],
    licence: str,
) -> dict[str, Any]:
    """Return the metadata of a folder after RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): its files, and sources."""
    files = [_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file() and path.name != CRATE]
    people = [_person(index, creator) for index, creator in enumerate(creators)]
    sources = [_source(index, row) for index, row in enumerate(terms.to_dict("records"))]
    url = licence if "://" in licence else f"https://spdx.org/licenses/{quote(licence)}"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": description,
        "datePublished": date,
        "license": {"@id": url},
        "hasPart": [{"@id": file["@id"]} for file in files],
        "isBasedOn": [{"@id": source["@id"]} for source in sources],
    }
    if people:
        root["author"] = [{"@id": person["@id"]} for person in people]
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _PROFILE},
        "about": {"@id": "./"},
    }
    terms_of_use = {"@id": url, "@type": "CreativeWork", "name": licence}
    graph = [descriptor, root, terms_of_use, *people, *sources, *files]
    return {"@context": f"{_PROFILE}/context", "@graph": graph}


def _file(folder: Path, path: Path) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    return {
        "@id": quote(name, safe="/=,~+."),
        "@type": "File",
        "name": name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": kind,
    }


def _person(index: int, creator: Mapping[str, str]) -> dict[str, Any]:
    orcid = creator.get("orcid")
    person = {"@id": f"https://orcid.org/{orcid}" if orcid else f"#creator-{index + 1}", "@type": "Person"}
    return (
        person
        | {"name": creator["name"]}
        | ({"affiliation": creator["affiliation"]} if "affiliation" in creator else {})
    )


def _source(index: int, row: Mapping[Any, Any]) -> dict[str, Any]:
    kind = "SoftwareApplication" if row["kind"] == "software" else "Dataset"
    entity = {"@id": f"#source-{index + 1}", "@type": kind, "name": str(row["name"]), "description": row["kind"]}
    known = {"license": row["licence"], "url": row["url"], "citation": row["citation"]}
    return entity | {key: value for key, value in known.items() if value != UNKNOWN}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
