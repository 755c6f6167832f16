"""Describes each field, in agreement with docs/api.md: by `Schema.name` if that is listed, otherwise by its name.

The texts are not in the wire types, because the running service does not need them.
"""

from .examples import Json

SCHEMAS = {
    "NoticeKind": "`registered`: another practitioner registered for your child. `looked_up`: another authority looked "
    "it up. `shielded`: it is protected. `lapses`: your record ends. `disputed`: somebody disputes it. "
    "`undecided`: another child was sent. `trace_number`: its number is out of use. `soft_limit`: a limit was passed. "
    "`contact_outcomes`: how calls went. `registry_changed`: your registry item changed.",
    "Rule": "`volume`: far more lookups than usual. `no_work`: no work follows. `unusual_hours`, `found_nothing`: with "
    "another sign. `same_child`: one child again and again. `rotating_ids`: many new ids. `shared_token`: one token "
    "id, several ids. `mass_shields`. `shield_after_lookup`: without work. `hiding_place`: a record made up for a "
    "lookup. `passed_around`: one child, several of a team.",
    "RegistryField": "What changed of your authority's item in the registry: `entered` and `deleted` mean all of it, "
    "`other` means something that is not used.",
    "ContactOutcome": "`reached`; `no_answer`; `wrong_number`; `left`: the person works elsewhere; `not_theirs`: the "
    "child is not theirs.",
    "Purpose": "Why you ask. It decides what you are shown, and your authority must have been granted it.",
    "ServiceType": "The kind of service.",
    "Status": "`current`; `unconfirmed`: current, but not confirmed for six months; `previous`: the work has ended.",
}

FIELDS = {
    # The question and its answer
    "nhs_number": "Ten digits. They may be grouped 3-3-4 by spaces or hyphens.",
    "purpose": SCHEMAS["Purpose"],
    "case_reference": "Your own name for the case. It is recorded, and the answer repeats it.",
    "Lookup.case_reference": "Your own name for the case, which is recorded: 1 to 64 of `A-Z a-z 0-9 . _ - / : #` and "
    "spaces inside, never holding an NHS number.",
    "lookup_id": "Identifies the lookup. The broker desk uses it to find whom to put you in touch with.",
    "asked_at": "When the question was asked.",
    "known": "Another practitioner is registered for the child. Your own records do not count; a colleague's do.",
    "Answer.complete": "False if not every record could be read or shown: there may be more.",
    "shielded": "The child is protected and no involvement is shown: ring the `broker_desk`.",
    "Answer.trace_number": "The NHS number that you asked for is no longer in use: trace it anew. Never true for a "
    "shielded child.",
    "statement": "The answer in words. Show it to your user unchanged.",
    "Answer.involvements": "Whom to ring. Current work first, then unconfirmed, then previous. Within each the "
    "authorities take turns, each with its lead professional first, then social care, then the newest confirmation.",
    "withheld": "What the answer does not show in full.",
    "brokered": "How many involvements are shown only through the broker desk.",
    "never_shown": "Services that are never shown for this purpose, whether or not there are any.",
    "broker_desk": "Puts you in touch, day and night. Null if the answer needs no broker.",
    "coverage": "Which authorities the answer covers, sector by sector. Not every authority reports.",
    "Answer.checkpoint": "The latest checkpoint of the history that is known, or null. Keep it as a witness.",
    "Checkpoint.number": "Counts the checkpoints from 1.",
    "closed_at": "When the minute was closed.",
    "Checkpoint.root": "The root of the tree of this minute's access records, in hex.",
    "Checkpoint.history": "The root of the tree of all minutes up to this one, in hex.",
    "key_id": "The SHA-256 of the public key that verifies the signature, in hex.",
    "signature": "ECDSA with SHA-256, as DER in base64, of the text that the reference describes.",
    "record": "What the history holds of your lookup, word for word as it was hashed: JSON.",
    "salt": "The salt of this leaf alone: 32 bytes in hex.",
    "hidden": "Commits to the rest of the access record and shows nothing of it: 32 bytes in hex.",
    "LookupProof.minute": "The checkpoint in which the lookup was sealed, and its place there.",
    "Minute.number": "The number of the checkpoint.",
    "Minute.root": "The root of the tree of that minute's access records, in hex.",
    "index": "The place of the leaf, from 0. It says nothing of the others.",
    "Minute.proof": "Hashes in hex that lead from the leaf to `root`.",
    "inclusion": "Hashes in hex that lead from the minute to `checkpoint.history`.",
    "LookupProof.checkpoint": "The latest checkpoint.",
    "History.checkpoint": "The latest checkpoint.",
    "consistency": "Hashes in hex that prove that this history begins with the one that you saw.",
    "public_key": "Verifies the signature: a DER SubjectPublicKeyInfo in base64.",
    "sector": "Such as `local_authority`, `health` or `police`.",
    "authorities": "How many are in the service.",
    "reporting": "How many of them wrote within their own interval. An unchanged record sent again counts.",
    "silent": "Those that have reported before, but not within their interval, or are suspended.",
    "removed": "How many were removed. Their records are not shown.",
    "last_write_at": "When it last wrote.",
    # An entry of the answer, and a record of one's own
    "InvolvementEntry.form": "`full`: everything that you need to ring. `brokered`: ring the broker desk; the entry "
    "has `description`, `service_type`, `contact` and `own` only. Treat any other form like `brokered`.",
    "InvolvementEntry.description": "If `brokered`: the service as far as it may be shown, such as "
    '"a sensitive service".',
    "InvolvementEntry.service_type": "The kind of service. Null for a sensitive service.",
    "InvolvementEntry.contact": "If `brokered`: the broker desk.",
    "entry": "The number of the entry within its lookup, with which you record the outcome of a call.",
    "outcome": "What came of the call.",
    "authority": "The authority that registered the record.",
    "organisation": "The body within the authority, such as a school, if it named one.",
    "service_type": SCHEMAS["ServiceType"],
    "basis": "Why your authority may register it; your stage's legal advice says which is right. A sensitive service "
    "needs `consent`, `significant_harm`, `duty_to_share` or `leaving_care`, unless the stage takes others. "
    "After the 18th birthday a "
    "record needs `leaving_care`, or `consent` for social care.",
    "status": SCHEMAS["Status"],
    "lead_professional": "The practitioner leads the work with the child.",
    "started_on": "The first day of the work.",
    "ended_on": "The last day of the work. Null while it goes on.",
    "confirmed_on": "The day on which the authority last confirmed the record.",
    "first_registered_on": "The day on which you first registered it.",
    "practitioner": "Who works with the child.",
    "InvolvementEntry.practitioner": "Who works with the child. Null for previous work: ask for the team.",
    "team": "Whom to ring if the practitioner cannot be reached.",
    "own": "True if your authority registered the record, its `practitioner.id` is the `sub` of your token, and "
    "both name the same `organisation`, or neither names one.",
    "disputed": "Somebody disputes the record.",
    "sensitive": "The record is treated as a sensitive service, whatever its `service_type`.",
    "code": "ONS GSS code or ODS code, such as `E09000014` or `RAP`.",
    "Authority.name": "As people know it.",
    "SilentAuthority.name": "As people know it.",
    "Contact.name": "Whom to ask for.",
    "Practitioner.name": "The practitioner's name.",
    "Team.name": "The team's name.",
    "duty_contact": "Answers at any hour. Null if none is on file.",
    "phone": "As a person dials it, perhaps with an extension (`ext 123`, `option 2`) and a second number "
    "(`or`, `/`, `,`, `;`).",
    "id": "The practitioner's id in the authority's own system, which is the `sub` of their tokens.",
    "role": "In words, such as `Social worker`.",
    "email": "The practitioner's own address.",
    # What is sent
    "Registration.lead_professional": "The practitioner leads the work with the child. False if you leave it out.",
    "Registration.sensitive": "Treat it as a sensitive service, whatever its `service_type`. False if left out.",
    "Registration.ended_on": "The last day of the work. Leave it out while the work goes on.",
    "Registration.organisation": "The body within your authority, such as a school.",
    "date_of_birth": "Only used to work out when the record must end. It is not kept.",
    "Amendment.confirmed_on": "Today's date confirms the record. A date before the one on file changes nothing.",
    "reference": "Your own name for the record.",
    "BatchRow.reference": "Your own name for the record: 1 to 64 of `A-Z a-z 0-9 . _ -`, never holding an NHS number.",
    "Batch.involvements": "The rows: each is the body of a PUT, with its `reference`.",
    "reason": "Why the child needs protection, without line breaks. It is sealed.",
    "review_on": "When somebody decides again: after today and within two years. A missed review keeps the shield.",
    # What comes back for it
    "version": "Changes with every write. Send it in `If-Match` to change only this version.",
    "expires_at": "From this time on the record does not exist for anyone.",
    "BatchResult.reference": "Null if the row has no readable reference: find the row by its position.",
    "BatchResult.status": "What a PUT of the row would have answered.",
    "receipt": "The record on file. Present unless there is a `problem`.",
    "problem": "Why the row was refused. Present unless there is a `receipt`.",
    "Receipt.trace_number": "The NHS number that you sent is no longer in use: trace it anew.",
    "results": "One for each row, in the order of the rows.",
    "RegisterPage.involvements": "Your records, in the order of their references.",
    "next_cursor": "Send it as `cursor` for the next page. Null on the last.",
    "Quality.records": "How many live records this page is about. Add up the pages.",
    "Quality.unconfirmed": "Current work, not confirmed for six months.",
    "Quality.lapsing": "Current work whose record ends within 90 days.",
    "Quality.undecided": "Another child's number was sent for the record: somebody must decide.",
    "Quality.trace_number": "The record is under an NHS number to be traced anew.",
    "Quality.without_phone": "Current work whose practitioner has no phone on record.",
    "Quality.contacts_failed": "Your contacts whom askers did not always reach, week by week, for 90 days.",
    "FailedContact.practitioner_id": "Your practitioner. Null if the team was rung about previous work.",
    "FailedContact.phone": "The number that was shown to the askers.",
    "FailedContact.outcomes": "How often each outcome was recorded in one week.",
    "Shielded.shielded": "The child is shielded from now on.",
    "Shielded.review_on": "The day that you sent; a later one of somebody else counts. A missed one keeps the shield.",
    "Health.status": "Always `ok`.",
    # Accesses and notices
    "accesses": "The last 25 lookups of the child, newest first.",
    "complete": "False if some could not be read.",
    "Access.authority": "Who asked. Null if that would reveal a sensitive service, or if the child is shielded.",
    "Access.role": "The asker's role. Null if `authority` is null, or if it is no known role.",
    "Access.purpose": "Why they asked. Null if `authority` is null.",
    "notices": "Oldest first. A page may be empty although later pages are not.",
    "next_after": "Send it as `after` the next time.",
    "Notice.id": "Its number. Numbers leave gaps.",
    "kind": SCHEMAS["NoticeKind"],
    "at": "When it happened.",
    "Notice.reference": "Your own record that the notice is about. Null for `soft_limit`, `contact_outcomes` and "
    "`registry_changed`.",
    "Notice.authority": "Who registered or looked up; for the broker desk also who shielded. Null if that may not "
    "be shown, and for other kinds.",
    "Notice.lookup_id": "Of the lookup, for `looked_up`.",
    "Notice.purpose": "Of the lookup, for `looked_up`. Null if it may not be shown.",
    "practitioner_id": "For `soft_limit` and `contact_outcomes`: your practitioner. Null for your whole authority or "
    "a team.",
    "Notice.phone": "For `contact_outcomes`: the number that was shown to the askers.",
    "Notice.outcomes": "For `contact_outcomes`: how often each outcome was recorded in the week before `at`.",
    "Notice.changed": "For `registry_changed`: what changed, without its values.",
    "Notice.role": "For the broker desk alone: the role of whoever looked up or shielded.",
    "Notice.expires_at": "For `lapses`: when your record ends.",
    # Findings
    "findings": "Oldest first.",
    "Findings.complete": "False if a finding is missing or cannot be read: somebody may have deleted it. Report it.",
    "Finding.id": "Its number. Numbers have no gaps.",
    "rule": SCHEMAS["Rule"],
    "practitioner_ids": "Your practitioners whom it is about, at most 20 of them.",
    "people": "How many practitioners it is about.",
    "found_on": "The day (UTC) after which the rule saw it.",
    "first_on": "The first day of what the rule saw.",
    "last_on": "The last day of what the rule saw.",
    "counts": "What the rule counted, by name, such as `lookups`, and what is `usual`.",
    "lookup_ids": "Some of the lookups, at most 10. `access_report` shows them.",
    # Problems
    "Problem.type": "A URN that ends in the `code`.",
    "Problem.title": "What happened, in words that may change.",
    "Problem.status": "The HTTP status.",
    "Problem.detail": "What to do next, in words that may change.",
    "Problem.code": "Decide by this code: it is stable.",
    "correlation_id": "Finds this request in our logs. Quote it when you report a fault.",
    "errors": "The fields to correct, for `invalid_request` and `unreadable_body` only.",
    "FieldError.field": "Its path, such as `practitioner.name`. Empty if the error is in the request as a whole.",
    "FieldError.problem": "What is wrong with it, in words.",
}

_LIKE = {
    "BatchRow": "Registration",
    "SentPractitioner": "Practitioner",
    "PractitionerPatch": "Practitioner",
    "SentTeam": "Team",
    "TeamPatch": "Team",
}
"""A schema that repeats the fields of another."""


def describe(schemas: Json) -> None:
    """Adds the descriptions to the schemas. A test fails if a field has none."""
    for name, schema in schemas.items():
        if name in SCHEMAS:
            schema["description"] = SCHEMAS[name]
        for field, held in schema.get("properties", {}).items():
            if words := _words(name, field) or _words(_LIKE.get(name, name), field) or FIELDS.get(field):
                held["description"] = words


def _words(schema: str, field: str) -> str | None:
    return FIELDS.get(f"{schema}.{field}")
