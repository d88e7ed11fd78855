"""From an Authorization header to a caller: API keys by their hash, service tokens by their signature."""

import time
from collections import OrderedDict

from shared.kit import tokens
from shared.kit.db import Database
from shared.kit.errors import Unauthorized
from shared.kit.identity import repository
from shared.kit.identity.caller import Caller
from shared.kit.identity.keys import KEY_PREFIX, hash_key
from shared.kit.secrets import SecretBox

CACHE_SECONDS = 30
_CACHE_SIZE = 10_000


class Authenticator:
    """Looks keys up in the identity database and remembers each found one for at most 30 seconds."""

    def __init__(self, database: Database, *, secrets: SecretBox, audience: str) -> None:
        self._database = database
        self._secrets = secrets
        self._audience = audience
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, authorization: str | None) -> Caller:
        """The caller behind `Authorization: Bearer …`; Unauthorized when there is none, or it is not valid."""
        scheme, _, credential = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not credential:
            raise Unauthorized("send Authorization: Bearer gsk_…")
        if credential.startswith(tokens.TOKEN_PREFIX):
            return self._from_token(credential)
        if credential.startswith(KEY_PREFIX):
            return await self._from_key(credential)
        raise Unauthorized("the credential is neither an API key nor a service token")

    def _from_token(self, credential: str) -> Caller:
        try:
            token = tokens.verify(self._secrets, credential, audience=self._audience)
        except tokens.InvalidToken as error:
            raise Unauthorized(f"service token refused: {error}") from error
        return Caller(token.workspace_id, token.scopes, token.key_id, token.issuer)

    async def _from_key(self, credential: str) -> Caller:
        hashed = hash_key(credential)
        remembered = self._known.get(hashed)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        async with self._database.system_session() as session:
            row = await repository.key_by_hash(session, hashed=hashed)
        if row is None:
            self._known.pop(hashed, None)
            raise Unauthorized("no such key, or it was revoked")
        caller = Caller(row.workspace_id, frozenset(row.scopes), row.key_id)
        self._known[hashed] = (time.monotonic() + CACHE_SECONDS, caller)
        while len(self._known) > _CACHE_SIZE:
            self._known.popitem(last=False)
        return caller
