// Package profile writes Apple configuration profiles: the files that set an
// iPhone, iPad, Mac or Vision up for contacts, calendars, subscribed calendars
// and mail, without anybody typing the name of a server.
//
// # Model
//
// A [Profile] says what is set up, for whom and on what; [Profile.Marshal] makes
// the property list of it, [Signer] puts a signature around that. Nothing here
// reads a clock, a file or the network, but for the signature's time.
//
// # Invariants
//
//   - Who a profile is for decides how it is called ([Identity]): the same account
//     and device give the same identifiers for ever, so that installing again
//     replaces; another account or device shares none, so that nothing is
//     overwritten. Language, password and services have no part in it.
//   - No key has an empty text, a wrong type or a value outside of Apple's lists:
//     one of those makes the device refuse everything ([Profile.Check]).
//   - TLS is always on and always written: the defaults differ from payload to
//     payload and from system to system.
//   - There is no principal URL unless it is asked for: discovery finds it, and a
//     wrong one breaks accounts.
//   - The same profile gives the same bytes, whatever the order it was made in.
//   - What is signed is signed with a certificate that is good now, or not at all.
//
// Apple advises to put passwords into encrypted profiles only, which need a
// certificate of the device. What we put in is the device's own app password,
// which opens nothing else and can be revoked.
package profile
