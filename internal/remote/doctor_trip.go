package remote

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// onTheWay looks, in a collection of its own, for what a proxy changes in
// requests and answers of who is signed in. Each finding is a step.
func (t *trip) onTheWay(ctx context.Context) {
	t.look(ctx, "headers", t.headers)
	t.look(ctx, "names", t.oddNames)
	t.look(ctx, "uploads in pieces", t.pieces)
	if t.kind == store.AddressBook {
		t.look(ctx, "large objects", t.large)
	}
}

func (t *trip) look(ctx context.Context, name string, see func(context.Context) Step) {
	s := see(ctx)
	if s.Status == "" {
		s.Status = OK
	}
	t.add(t.label()+": "+name, s.Status, s.Found, s.Mend)
}

// faulty is a step that could not be ended.
func faulty(err error) Step {
	return Step{Status: Fail, Found: err.Error(), Mend: "The request was not answered as others were: look into the logs of the proxy and of the server."}
}

// headers: Depth, If-None-Match and Prefer arrive. (The round trip has tried
// If-Match and the ETags, the sign-in Authorization.)
func (t *trip) headers(ctx context.Context) Step {
	a, err := t.send(ctx, http.MethodPut, t.data, "If-None-Match", "*")
	if err == nil {
		err = a.want("PUT", http.StatusCreated, http.StatusNoContent)
	}
	if err != nil {
		return faulty(err)
	}
	defer t.discard(ctx)
	keep := advice{
		all:    "The proxy must hand all headers on.",
		nginx:  "look for proxy_set_header with an empty value, proxy_pass_request_headers off, and proxy_cache.",
		apache: "look for RequestHeader unset.",
		caddy:  "look for header_up with a minus.",
	}
	again, err := t.send(ctx, http.MethodPut, t.data, "If-None-Match", "*")
	if err != nil {
		return faulty(err)
	}
	if again.status != http.StatusPreconditionFailed {
		return Step{Status: Fail, Found: fmt.Sprintf("a second PUT with If-None-Match gives %d, not 412", again.status), Mend: "If-None-Match does not arrive: devices overwrite what others made. " + keep.of(again)}
	}
	flat, err := t.client.propfind(ctx, t.collection, 0, davxml.DAV("resourcetype"))
	if err != nil {
		return faulty(err)
	}
	if flat.status != http.StatusMultiStatus || len(flat.resources) != 1 {
		return Step{Status: Fail, Found: fmt.Sprintf("PROPFIND with Depth 0 gives %d and %d resources, not one", flat.status, len(flat.resources)), Mend: "Depth does not arrive: clients get everything, or nothing. " + keep.of(flat)}
	}
	return t.prefer(ctx, keep)
}

// prefer: RFC 8144 §2.1. Clients are slower without it, and do not break.
func (t *trip) prefer(ctx context.Context, keep advice) Step {
	odd := davxml.Name{Space: "urn:ksyncd:doctor", Local: "nothing"}
	body := `<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><x:` + odd.Local + ` xmlns:x="` + odd.Space + `"/></D:prop></D:propfind>`
	r, err := http.NewRequestWithContext(ctx, "PROPFIND", t.collection.String(), strings.NewReader(body))
	if err != nil {
		return faulty(err)
	}
	for name, value := range map[string]string{"Depth": "0", "Prefer": "return=minimal", "Content-Type": davxml.ContentType} {
		r.Header.Set(name, value)
	}
	a, err := t.client.answer(r)
	if err != nil {
		return faulty(err)
	}
	if len(a.resources) != 1 || a.resources[0].absent > 0 {
		return Step{Status: Warn, Found: "Prefer: return=minimal changes nothing", Mend: "The server does not know it, or the header does not arrive; answers are longer than they need to be. " + keep.of(a)}
	}
	return Step{Found: "Depth, If-None-Match and Prefer arrive"}
}

// oddNames stores an object under a name that must stay encoded, finds it in
// the listing, and reads it back.
func (t *trip) oddNames(ctx context.Context) Step {
	escaped := t.collection.EscapedPath() + "ksyncd%40doctor%20%25%C3%BC" + t.extension
	u, err := t.collection.Parse(escaped)
	if err != nil {
		return faulty(err)
	}
	plain := t.object
	t.object = u
	defer func() { t.discard(ctx); t.object = plain }()
	a, err := t.send(ctx, http.MethodPut, t.data)
	if err == nil {
		err = a.want("PUT", http.StatusCreated, http.StatusNoContent)
	}
	if err != nil {
		return Step{Status: Fail, Found: err.Error(), Mend: rewriting().of(a)}
	}
	list, err := t.client.propfind(ctx, t.collection, 1, davxml.DAV("getetag"))
	if err != nil {
		return faulty(err)
	}
	if list.find(u) == nil {
		return Step{Status: Fail, Found: "stored as " + u.EscapedPath() + ", and listed under another name", Mend: rewriting().of(list)}
	}
	// The same name, encoded as little as a path may be.
	if t.object, err = t.collection.Parse(strings.Replace(escaped, "%40", "@", 1)); err != nil {
		return faulty(err)
	}
	got, err := t.send(ctx, http.MethodGet, nil)
	if err != nil {
		return faulty(err)
	}
	if got.status != http.StatusOK || !bytes.Equal(got.body, t.data) {
		return Step{Status: Fail, Found: fmt.Sprintf("what was stored with %%40 is answered with %d when asked for with @", got.status), Mend: rewriting().of(got)}
	}
	return t.slash(ctx)
}

// slash: with one of its slashes encoded the collection's path is another path,
// and names nothing. A proxy that decodes paths and encodes them anew makes it
// the collection's again; servers then see other names than clients sent.
func (t *trip) slash(ctx context.Context) Step {
	path := strings.TrimSuffix(t.collection.EscapedPath(), "/")
	last := strings.LastIndexByte(path, '/')
	u, err := t.collection.Parse(path[:last] + "%2F" + path[last+1:] + "/")
	if err != nil {
		return faulty(err)
	}
	a, err := t.client.propfind(ctx, u, 0, davxml.DAV("resourcetype"))
	if err != nil {
		return faulty(err)
	}
	if a.status == http.StatusMultiStatus {
		return Step{Status: Warn, Found: "%2F becomes a slash on the way", Mend: rewriting().of(a)}
	}
	return Step{Found: "@, blanks, % and ü come back as they were, and %2F stays"}
}

// pieces: Apple's apps send bodies without saying how long they will be
// (chunked, RFC 9112 §7.1).
func (t *trip) pieces(ctx context.Context) Step {
	defer t.discard(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, t.object.String(), io.MultiReader(bytes.NewReader(t.data)))
	if err != nil {
		return faulty(err)
	}
	r.ContentLength = -1
	r.Header.Set("Content-Type", t.mediaType)
	a, err := t.client.answer(r)
	if err == nil {
		err = a.want("PUT", http.StatusCreated, http.StatusNoContent)
	}
	if err != nil {
		return Step{Status: Fail, Found: err.Error(), Mend: advice{
			all:   "Bodies without Content-Length must pass.",
			nginx: "proxy_http_version 1.1; and no chunked_transfer_encoding off.", apache: "no `SetEnv proxy-sendcl`-like workarounds and no ModSecurity rule that wants Content-Length.", caddy: "look for request_buffers and plugins.",
		}.of(a)}
	}
	got, err := t.send(ctx, http.MethodGet, nil)
	if err != nil {
		return faulty(err)
	}
	if !bytes.Equal(got.body, t.data) {
		return Step{Status: Fail, Found: "the object is not whole", Mend: "Something between cuts bodies: look into the logs of the proxy."}
	}
	return Step{Found: "arrive whole"}
}

// largeObject is about what a phone sends for a contact with a photo.
const largeObject = 3 << 20

// large sends and reads back a contact with a photo.
func (t *trip) large(ctx context.Context) Step {
	defer t.discard(ctx)
	photo := make([]byte, largeObject/4*3)
	if _, err := io.ReadFull(t.options.Rand, photo); err != nil {
		return faulty(err)
	}
	var fold strings.Builder
	fold.WriteString("PHOTO;ENCODING=b;TYPE=JPEG:")
	for text := base64.StdEncoding.EncodeToString(photo); text != ""; {
		n := min(len(text), 74)
		fold.WriteString("\r\n " + text[:n])
		text = text[n:]
	}
	data := bytes.Replace(t.data, []byte("END:VCARD"), []byte(fold.String()+"\r\nEND:VCARD"), 1)
	a, err := t.send(ctx, http.MethodPut, data)
	if err == nil {
		err = a.want("PUT", http.StatusCreated, http.StatusNoContent)
	}
	if err != nil {
		return Step{Status: Fail, Found: err.Error(), Mend: advice{
			all:    "A contact with a photo is refused, and a phone then stops syncing the whole address book: allow at least 20 MiB.",
			nginx:  "client_max_body_size 64m;",
			apache: "SecRequestBodyLimit of ModSecurity (LimitRequestBody does not count behind ProxyPass).",
			caddy:  "request_body { max_size 64MB }.",
		}.of(a)}
	}
	got, err := t.whole(ctx)
	if err != nil {
		return faulty(err)
	}
	if !bytes.Equal(got, data) {
		return Step{Status: Fail, Found: fmt.Sprintf("%d of %d bytes come back, or others", len(got), len(data)), Mend: advice{
			all:   "Long answers are cut or changed on the way.",
			nginx: "see that the disk under proxy_temp_path has room, or set proxy_buffering off.", apache: "see the log for mod_proxy's complaints.", caddy: "see its log.",
		}.of(a)}
	}
	return Step{Found: fmt.Sprintf("%d MiB there and back", largeObject>>20)}
}

// whole reads the object, all of it.
func (t *trip) whole(ctx context.Context) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.object.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := t.client.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 2*largeObject))
	return body, errors.Join(err, resp.Body.Close())
}

// discard takes the object away; the collection goes afterwards in any case.
func (t *trip) discard(ctx context.Context) {
	_, _ = t.send(context.WithoutCancel(ctx), http.MethodDelete, nil)
}

// of gives the advice for who gave the answer, if there is one.
func (a advice) of(ans *answer) string {
	if ans == nil {
		return a.to(nil)
	}
	return a.to(&http.Response{Header: ans.header})
}
