"""An app for Splunk and its Enterprise Security: scheduled searches, macros, lookups, a dashboard.

Every search is switched off until somebody switches it on. What an app holds:
https://dev.splunk.com/enterprise/docs/developapps
"""

from __future__ import annotations

from converter.packages.archives import tar_gzipped
from converter.packages.content import Content, Package
from converter.packages.splunk.app import app_files
from converter.packages.splunk.collected import collected
from converter.packages.splunk.naming import app_id, names
from converter.packages.splunk.saved import stanza


def build(content: Content) -> Package:
    """The app's folder, for review, and the same files as one .spl, for installation.

    Raises PackageError where the release's name or version is none that Splunk takes.
    """
    app = app_id(content.release)
    found = collected(
        content, names([one.rule for one in content.entries], content.release), stanza
    )
    files = {f"{app}/{path}": data for path, data in app_files(found, content).items()}
    left_out = tuple(error for _, error in found.missing)
    archive = f"{app}-{content.release.version}.spl"
    return Package(
        files | {archive: tar_gzipped(files)},
        left_out,
        tuple(f"partial: {text}" for text in found.partial),
    )
