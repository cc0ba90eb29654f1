package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/internal/assistant"
)

// Device is something that was set up to sync.
type Device struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Platform    string     `json:"platform" enum:"iphone,ipad,mac,vision,android,windows,linux,other"`
	Data        []string   `json:"data" doc:"What it syncs: contacts, calendars, tasks, mail."`
	State       string     `json:"state" enum:"begun,waiting,connected,ended" doc:"begun: nothing was handed out yet; waiting: it did not come yet; ended: its app password signs in no more."`
	Created     *time.Time `json:"created"`
	Connected   *time.Time `json:"connected,omitempty" doc:"First request with its app password."`
	Seen        []string   `json:"seen" doc:"What it asked for since."`
	AppPassword int64      `json:"app_password,omitempty"`
	LastUsed    *time.Time `json:"last_used,omitempty" doc:"Written every few minutes."`
	LastPlace   string     `json:"last_place,omitempty" doc:"Network of the last use."`
	LastAgent   string     `json:"last_agent,omitempty" doc:"Program of the last use."`
}

// Delivery is how a device gets its profile and its password.
type Delivery struct {
	Device  Device     `json:"device"`
	Ticket  string     `json:"ticket" doc:"Opens profile and password, for ten minutes and five downloads. It is shown this once."`
	URL     string     `json:"url" doc:"Page that leads to the profile, for a QR code or another device."`
	Expires *time.Time `json:"expires"`
}

type devicesOutput struct {
	Body struct {
		Devices []Device `json:"devices" doc:"The newest first."`
		Offered []string `json:"offered" doc:"What can be synced here."`
	}
}

type deviceOutput struct{ Body Device }

type deliveryOutput struct{ Body Delivery }

type deviceInput struct {
	Body struct {
		Name         string   `json:"name" minLength:"1" maxLength:"64" doc:"Like: Ann's phone."`
		Platform     string   `json:"platform" enum:"iphone,ipad,mac,vision,android,windows,linux,other"`
		Data         []string `json:"data" minItems:"1" maxItems:"4" doc:"What it shall sync: contacts, calendars, tasks, mail."`
		Language     string   `json:"language,omitempty" maxLength:"35" doc:"Of the texts in the profile, like de; that of the account by default."`
		AppPassword  string   `json:"app_password,omitempty" maxLength:"256" doc:"One that is there already; a new one is made by default."`
		MailPassword string   `json:"mail_password,omitempty" maxLength:"1024" doc:"Of the mailbox, to be put into the profile after it was tried; the device asks by default."`
	}
}

type againInput struct {
	ByID
	Body struct {
		Data         []string `json:"data,omitempty" maxItems:"4" doc:"What it shall sync; as before by default."`
		Language     string   `json:"language,omitempty" maxLength:"35"`
		MailPassword string   `json:"mail_password,omitempty" maxLength:"1024"`
	}
}

type deviceProfileInput struct {
	ByID
	Language string `query:"language" maxLength:"35" doc:"Of the texts in the profile; that of the account by default."`
}

type verifyInput struct {
	Body struct {
		AppPassword string   `json:"app_password" maxLength:"256"`
		Data        []string `json:"data" minItems:"1" maxItems:"4" doc:"What it shall be good for."`
	}
}

type verdictOutput struct {
	Body struct {
		Verdict string `json:"verdict" enum:"works,no-app-password,typo,unknown,revoked,expired,other-account,lacks-scope"`
	}
}

type mailboxInput struct {
	Body struct {
		Password string `json:"password" maxLength:"1024"`
	}
}

type ticketInput struct {
	Body struct {
		Ticket string `json:"ticket" maxLength:"64"`
	}
}

type handedOutput struct {
	Body struct {
		Login    string `json:"login"`
		Password string `json:"password" doc:"The device's app password. It signs in from now on, and ends in a day unless it is used."`
	}
}

func (s *server) deviceOperations() {
	const tag, path = "Devices", "/devices"
	add(s, operation{method: http.MethodGet, path: path, id: "list-devices", summary: "List devices", tag: tag}, s.devices)
	add(s, operation{method: http.MethodPost, path: path, id: "set-up-device", summary: "Set a device up", tag: tag,
		text: "Makes a ticket, by which the device gets its profile and its app password.", needs: fresh, status: http.StatusCreated}, s.setUpDevice)
	add(s, operation{method: http.MethodGet, path: path + "/{id}", id: "get-device", summary: "Show a device", tag: tag, text: "Asked again and again, it tells when the device is connected."}, s.device)
	add(s, operation{method: http.MethodDelete, path: path + "/{id}", id: "remove-device", summary: "Remove a device", tag: tag,
		text: "Revokes its app password: its next request is refused. What is on it stays until the profile or the account is removed there.", status: http.StatusNoContent}, s.removeDevice)
	add(s, operation{method: http.MethodPost, path: path + "/{id}/again", id: "set-up-device-again", summary: "Set a device up again", tag: tag,
		text: "Makes a ticket with a new app password. The old one ends when the new one is first used, or after a day.", needs: fresh, status: http.StatusCreated}, s.setUpAgain)
	add(s, operation{method: http.MethodGet, path: path + "/{id}/profile", id: "get-device-profile", summary: "Download a device's profile, without a password", tag: tag,
		text: "For Apple's systems. Installing it replaces the one that the device has; it asks for the app password.", kind: mobileconfig}, s.deviceProfile)
	add(s, operation{method: http.MethodPost, path: "/tickets/password", id: "get-ticket-password", summary: "Show the password of a ticket", tag: tag, needs: fresh}, s.ticketPassword)
	add(s, operation{method: http.MethodPost, path: "/verify/app-password", id: "verify-app-password", summary: "Say what is wrong with an app password", tag: tag}, s.verifyAppPassword)
	add(s, operation{method: http.MethodPost, path: "/verify/mailbox", id: "verify-mailbox", summary: "Try the password of the mailbox", tag: tag,
		text: "At the mail server of the settings, and nowhere else. It is not kept.", needs: fresh, status: http.StatusNoContent}, s.verifyMailbox)
}

func texts(data []assistant.Data) []string {
	out := make([]string, len(data))
	for i, d := range data {
		out[i] = string(d)
	}
	return out
}

func dataOf(texts []string) []assistant.Data {
	var out []assistant.Data
	for _, t := range texts {
		out = append(out, assistant.Data(t))
	}
	return out
}

func viewDevice(d assistant.Device) Device {
	return Device{
		ID: d.ID, Name: d.Name, Platform: string(d.Platform), Data: texts(d.Data), State: string(d.State), Created: when(d.Created), Connected: when(d.Connected),
		Seen: texts(d.Seen), AppPassword: d.AppPassword, LastUsed: when(d.LastUsed), LastPlace: d.LastPlace, LastAgent: d.LastAgent,
	}
}

func (s *server) devices(ctx context.Context, c *call, _ *nothing) (*devicesOutput, error) {
	all, err := s.Assistant.Devices(ctx, c.Person)
	out := &devicesOutput{}
	out.Body.Devices, out.Body.Offered = make([]Device, len(all)), texts(s.Assistant.Offer(c.Person))
	for i, d := range all {
		out.Body.Devices[i] = viewDevice(d)
	}
	return out, err
}

func (s *server) device(ctx context.Context, c *call, in *ByID) (*deviceOutput, error) {
	d, err := s.Assistant.Device(ctx, c.Person, in.ID)
	return &deviceOutput{viewDevice(d)}, err
}

func (s *server) delivered(d assistant.Delivery, err error) (*deliveryOutput, error) {
	return &deliveryOutput{Delivery{Device: viewDevice(d.Device), Ticket: d.Ticket.Reveal(), URL: d.URL.Reveal(), Expires: when(d.Expires.UnixMilli())}}, err
}

func (s *server) setUpDevice(ctx context.Context, c *call, in *deviceInput) (*deliveryOutput, error) {
	if err := s.secure(c.r); err != nil {
		return nil, err
	}
	return s.delivered(s.Assistant.SetUp(ctx, c.from, c.Person, assistant.NewDevice{
		Name: in.Body.Name, Platform: assistant.Platform(in.Body.Platform), Data: dataOf(in.Body.Data), Locale: in.Body.Language,
		Existing: account.Secret(in.Body.AppPassword), MailPassword: account.Secret(in.Body.MailPassword),
	}))
}

func (s *server) setUpAgain(ctx context.Context, c *call, in *againInput) (*deliveryOutput, error) {
	if err := s.secure(c.r); err != nil {
		return nil, err
	}
	return s.delivered(s.Assistant.SetUpAgain(ctx, c.from, c.Person, in.ID, assistant.Again{
		Data: dataOf(in.Body.Data), Locale: in.Body.Language, MailPassword: account.Secret(in.Body.MailPassword),
	}))
}

func (s *server) removeDevice(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	_, err := s.Assistant.Remove(ctx, c.from, c.Person, in.ID)
	return nil, err
}

func (s *server) deviceProfile(ctx context.Context, c *call, in *deviceProfileInput) (*huma.StreamResponse, error) {
	file, err := s.Assistant.Profile(ctx, c.Person, in.ID, in.Language)
	return stream(c.w, c.r, file), err
}

// stream hands a file over with the headers that it wants.
func stream(w http.ResponseWriter, r *http.Request, file assistant.File) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(huma.Context) { file.ServeHTTP(w, r) }}
}

func (s *server) ticketPassword(ctx context.Context, c *call, in *ticketInput) (*handedOutput, error) {
	if err := s.secure(c.r); err != nil {
		return nil, err
	}
	handed, err := s.Assistant.Password(ctx, c.from, account.Secret(in.Body.Ticket))
	out := &handedOutput{}
	out.Body.Login, out.Body.Password = handed.Login, handed.Password.Reveal()
	return out, err
}

func (s *server) verifyAppPassword(ctx context.Context, c *call, in *verifyInput) (*verdictOutput, error) {
	data, err := assistant.CleanData(dataOf(in.Body.Data))
	if err != nil {
		return nil, err
	}
	verdict, _, err := s.Assistant.VerifyAppPassword(ctx, c.from, c.Person, account.Secret(in.Body.AppPassword), data)
	out := &verdictOutput{}
	out.Body.Verdict = string(verdict)
	return out, err
}

func (s *server) verifyMailbox(ctx context.Context, c *call, in *mailboxInput) (*nothing, error) {
	if err := s.secure(c.r); err != nil {
		return nil, err
	}
	return nil, s.Assistant.VerifyMail(ctx, c.from, c.Person, account.Secret(in.Body.Password))
}

// secure keeps passwords from going over a network in the clear.
func (s *server) secure(r *http.Request) error {
	if !s.Assistant.Secure(r, s.ViaHTTPS) {
		return newProblem("https-only")
	}
	return nil
}

// errorsOfDevices are those that only devices have.
func errorsOfDevices() []meaning {
	return []meaning{
		{assistant.ErrNoAddress, "no-address"}, {assistant.ErrData, "not-offered"}, {assistant.ErrPlatform, "not-offered"},
		{assistant.ErrMailPassword, "mail-refused"}, {assistant.ErrMailServer, "mail-unreachable"},
	}
}
