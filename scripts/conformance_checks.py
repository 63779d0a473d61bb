"""Loaded by Schemathesis (`npm run conformance`).

Its own check of accepted data knows schemas alone and takes every 400 for a contradiction. Here some rules lie between
fields (either `expires_at` or `duration_days`) or in the data (a cursor must be one that was given), which a schema
cannot say. Those refusals name the code `custom`; any other fault found in data that the document allows is a finding.
"""

import schemathesis


@schemathesis.check
def documented_data_is_understood(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code != 400:
        return
    details = response.json()["error"].get("details") or [{}]
    faults = [fault for fault in details if fault.get("code") != "custom"]
    if faults:
        raise AssertionError(f"The document allows this, the server does not: {faults}")
