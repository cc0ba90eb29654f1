package duplicates

import (
	"strings"

	"golang.org/x/text/language"

	"ksync/store"
)

// Region is the country of an account, for telephone numbers without one: that of its time zone, or that of its locale,
// or the one where most speak its language.
func Region(a store.Account) string {
	if region := zoneRegion(a.TimeZone); region != "" {
		return region
	}
	tag, err := language.Parse(a.Locale)
	if err != nil {
		return ""
	}
	region, confidence := tag.Region()
	if confidence == language.No {
		return ""
	}
	return region.String()
}

// zoneRegion is the country of a zone that is in use in one country, by the tz database's zone.tab.
func zoneRegion(zone string) string {
	for entry := range strings.FieldsSeq(zones) {
		if region, name, _ := strings.Cut(entry, ":"); name == zone && zone != "" {
			return region
		}
	}
	return ""
}

// zones are those of countries that people are likely to write national numbers of. Others fall back to the locale.
const zones = `
CH:Europe/Zurich DE:Europe/Berlin DE:Europe/Busingen AT:Europe/Vienna LI:Europe/Vaduz FR:Europe/Paris IT:Europe/Rome
ES:Europe/Madrid ES:Atlantic/Canary ES:Africa/Ceuta PT:Europe/Lisbon PT:Atlantic/Azores PT:Atlantic/Madeira
GB:Europe/London IE:Europe/Dublin BE:Europe/Brussels NL:Europe/Amsterdam LU:Europe/Luxembourg MC:Europe/Monaco
DK:Europe/Copenhagen SE:Europe/Stockholm NO:Europe/Oslo FI:Europe/Helsinki IS:Atlantic/Reykjavik PL:Europe/Warsaw
CZ:Europe/Prague SK:Europe/Bratislava HU:Europe/Budapest SI:Europe/Ljubljana HR:Europe/Zagreb RS:Europe/Belgrade
RO:Europe/Bucharest BG:Europe/Sofia GR:Europe/Athens TR:Europe/Istanbul UA:Europe/Kyiv UA:Europe/Kiev
RU:Europe/Moscow EE:Europe/Tallinn LV:Europe/Riga LT:Europe/Vilnius MT:Europe/Malta CY:Asia/Nicosia
US:America/New_York US:America/Chicago US:America/Denver US:America/Los_Angeles US:America/Phoenix US:America/Anchorage
US:Pacific/Honolulu CA:America/Toronto CA:America/Vancouver CA:America/Edmonton CA:America/Winnipeg CA:America/Halifax
MX:America/Mexico_City BR:America/Sao_Paulo AR:America/Argentina/Buenos_Aires CL:America/Santiago CO:America/Bogota
PE:America/Lima UY:America/Montevideo AU:Australia/Sydney AU:Australia/Melbourne AU:Australia/Brisbane
AU:Australia/Perth AU:Australia/Adelaide NZ:Pacific/Auckland WS:Pacific/Apia JP:Asia/Tokyo KR:Asia/Seoul
CN:Asia/Shanghai HK:Asia/Hong_Kong TW:Asia/Taipei SG:Asia/Singapore IN:Asia/Kolkata TH:Asia/Bangkok ID:Asia/Jakarta
VN:Asia/Ho_Chi_Minh IL:Asia/Jerusalem AE:Asia/Dubai SA:Asia/Riyadh EG:Africa/Cairo MA:Africa/Casablanca
DZ:Africa/Algiers TN:Africa/Tunis ZA:Africa/Johannesburg NG:Africa/Lagos KE:Africa/Nairobi`
