// Package assistant sets devices up: it makes their app passwords, writes their
// profiles, hands both over, and sees when they come alive.
//
// # Model
//
// A [Device] is something that was set up: a name, a platform, what it syncs
// ([Data]), and an app password of its own. Setting it up makes the device and a
// [Delivery]: a ticket, good for ten minutes and five downloads, that needs no
// cookie, because browsers on phones fetch a profile once more without theirs.
// The app password is drawn with the ticket and sealed under it; it becomes one
// when the profile is first downloaded, or the password is first shown. So
// looking at a ticket's page, as previews of messages do, makes nothing. When no
// device used it after a day, it ends.
//
// Setting up again hands the same device a new app password; the old one ends when
// the new one is first used, or after a day. Its profile is called the same for
// ever (package profile), so that installing it replaces.
//
// # Invariants
//
//   - Who sets up, again or anew, proved in the last ten minutes who they are.
//   - A ticket is 128 random bits of which the hash is kept (that of a form comes
//     from the form's name, so that sending it twice makes one device); what is sealed under
//     it cannot be read from the database, with or without the server's keys.
//     Unknown, used-up and expired tickets are one error, [account.ErrLink].
//   - The host in a profile is that of the settings, never one of a request.
//   - What is said of a pasted app password comes from the code that signs
//     devices in ([account.Gate.Verify]).
//   - The password of a mailbox goes to the configured mail server, in TLS, and
//     into the ticket when its owner asks for that; it is kept nowhere else.
package assistant
