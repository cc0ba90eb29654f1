// Package account decides who a request comes from, and keeps what people sign
// in with.
//
// # Model
//
// There are two doors. Devices come through [Gate]: they sign in with app
// passwords, sent in Basic with every request. An app password is 130 random
// bits that the server draws; it keeps only an HMAC of them under a key that is
// not in the database, and finds the row by it. People come through [Service]:
// a password (argon2id) and a second factor, or a passkey alone, open a
// session. A session makes app passwords and changes what the account has;
// an app password does neither, and the account password opens no DAV.
//
// What is good once and for a time is a ticket: half a sign-in, a challenge, a
// link, a code, a token. Its secret is 256 random bits of which the hash is
// kept, together with what it is for, so that none is good for anything else.
// Taking it ends it; of several who try at the same time one gets it.
//
// A change, the activity that tells of it and the letter about it are one
// transaction. Letters wait in an outbox that package mail drains.
//
// # Invariants
//
//   - Unknown login, wrong password, disabled account, revoked or expired app
//     password: one answer, [ErrDenied], after the same work for each login.
//     What is to be noted of a failure is written after the answer.
//   - A right app password passes, also while its address is throttled: it is
//     checked first. So nobody locks an owner's devices out by guessing.
//   - What cannot be an app password is refused without asking the database.
//   - Missing credentials and credentials that were good once do not count as
//     failures: phones go on polling with them.
//   - Revocation holds from the next request on; nothing is cached.
//   - A database that does not answer is an error of its own, never a denial:
//     clients ask their user for a new password on 401. A second factor that
//     cannot be read lets nobody in.
//   - Half a sign-in opens nothing and enrols nothing. What changes security
//     needs a full sign-in in the last ten minutes, looked at again in the
//     transaction that changes.
//   - Links are made from the configured address, never from a request.
//   - Secrets are a type that prints as ***; they are kept hashed, or sealed
//     under the key file where they must be read back.
package account
