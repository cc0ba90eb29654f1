package account

// Client names the program of a User-Agent as recent activity does:
// "DAVx5", "Firefox on Windows"; "" for none.
func Client(agent string) string { return clientFamily(agent) }
