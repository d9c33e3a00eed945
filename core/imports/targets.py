"""Where a column can go: the fields of a type's form, and which of them a header means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.imports.reading import plain_name
from core.records.forms import RecordForm
from core.records.ways_field import WaysField

FULL_NAME = "full_name"
LISTS = frozenset({"tags", "more_emails", "more_phones"})  # several columns may go into one of these
_NOT_HERE = frozenset({"version", "was", "line_items", "more_addresses"})
NAMES = {"contacts": (("first_name", "last_name", FULL_NAME), "a first name or a last name")}
# What columns are called elsewhere; the labels and names of the fields themselves are known anyway.
ALIASES: Mapping[str, str] = {
    "first_name": "given name,forename,christian name,first,vorname,rufname,prénom,nombre,nome,voornaam,fornavn",
    "last_name": "surname,family name,last,nachname,familienname,nom,nom de famille,apellido,apellidos,sobrenome,"
    "cognome,"
    "achternaam,etternavn,efternavn,efternamn",
    FULL_NAME: "name,contact,contact name,full name,person,display name,vollständiger name,nom complet,nombre completo,"
    "nome completo,volledige naam",
    "name": "title,organization name,organisation name,organization,organisation,company,company name,account,"
    "account name,deal,deal name,opportunity name,project name,firma,firmenname,unternehmen,société,entreprise,empresa,"
    "azienda,bedrijf,bedrijfsnaam,bezeichnung,nom,nombre,nome,naam,titel",
    "job_title": "title,position,role,job,occupation,funktion,beruf,fonction,poste,cargo,puesto,ruolo,functie",
    "organization_id": "organisation,company,company name,organization name,organisation name,account,account name,"
    "employer,customer,client,firma,unternehmen,société,entreprise,empresa,azienda,bedrijf,kunde",
    "contact_id": "contact,contact name,contact e-mail,person,primary contact,ansprechpartner,kontakt,contacto",
    "opportunity_id": "deal,deal name,opportunity name",
    "email": "email,e-mail,mail,email address,e-mail address,primary email,email 1,e-mail 1 - value,e-mail-adresse,"
    "courriel,adresse e-mail,correo,correo electrónico,e-mailadres,epost,e-post",
    "more_emails": "email 2,email 3,e-mail 2 - value,e-mail 3 - value,other email,secondary email,email other,"
    "additional emails,more emails,further e-mails",
    "phone": "telephone,phone number,tel,business phone,work phone,phone 1,phone 1 - value,telefon,telefonnummer,"
    "téléphone,teléfono,telefone,telefono,telefoon",
    "more_phones": "mobile,mobile phone,cell,cell phone,home phone,phone 2,phone 3,phone 2 - value,other phone,handy,"
    "mobil,mobiltelefon,portable,móvil,celular,cellulare,mobiel,more phones,further phones",
    "address": "street,street address,address 1,address line 1,business street,mailing street,straße,strasse,adresse,"
    "rue,dirección,calle,endereço,indirizzo,via,straat,adres",
    "city": "town,suburb,business city,mailing city,ort,stadt,ville,ciudad,cidade,città,plaats,stad,poststed",
    "region": "state,province,county,state/province,business state,mailing state,bundesland,kanton,région,provincia,"
    "estado,provincie",
    "postal_code": "zip,zip code,postcode,post code,zip/postal code,business postal code,plz,postleitzahl,code postal,"
    "código postal,cep,cap,postnummer",
    "country": "country/region,business country,mailing country,land,staat,pays,país,paese",
    "website": "web,web site,url,homepage,web page,domain,webseite,internet,site web,sitio web,sito web",
    "tax_number": "gst number,vat number,vat,vat id,abn,nzbn,tax id,ust-idnr,umsatzsteuer-id,siret,nif,cif,partita iva",
    "owner_id": "assigned to,account owner,contact owner,record owner,deal owner,salesperson,besitzer,zuständig,"
    "propriétaire,propietario,responsable,eigenaar",
    "tags": "tag,labels,label,categories,category,groups,group membership,schlagworte,kategorien,étiquettes,etiquetas",
    "amount": "value,deal value,amount without tax,betrag,wert,montant,importe,valor,importo,bedrag",
    "budget": "budget amount,kostenrahmen,presupuesto",
    "currency": "currency code,währung,devise,moneda,moeda,valuta",
    "stage": "deal stage,pipeline stage,phase,stufe,étape,etapa,fase",
    "probability": "win probability,probability (%),chance,wahrscheinlichkeit,probabilité,probabilidad",
    "close_date": "close,closing date,close date,expected close date,abschluss,abschlussdatum,date de clôture,"
    "fecha de cierre",
    "status": "state,project status,statut,estado,stato",
    "starts_on": "start,start date,begin,begins,from,beginn,anfang,début,inicio,inizio",
    "ends_on": "end,end date,due,due date,deadline,until,ende,fin,fine",
    "reason": "lost reason,won reason,loss reason,grund,raison,motivo",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column can go into: the form's name for it and its label."""

    key: str
    label: str


def targets(kind: str, form: RecordForm) -> list[Target]:
    """The fields of a type, custom ones last; a person's whole name, which is taken apart, first."""
    whole = [Target(FULL_NAME, "Full name")] if kind == "contacts" else []
    fields = [field for field in form if field.short_name not in _NOT_HERE]
    found = [Target(field.short_name, field.label.text) for field in fields if not isinstance(field, WaysField)]
    ways = [Target(field.short_name, field.label.text) for field in fields if isinstance(field, WaysField)]
    return [*whole, *found, *ways]


def guess(headers: Sequence[str], offered: Sequence[Target]) -> list[str]:
    """The target of each header, "" where none is meant; each target once, lists as often as they are named."""
    by_name: dict[str, list[str]] = {}
    for target in offered:
        own = (target.label, target.key, target.key.removesuffix("_id"))
        for name in own:
            by_name.setdefault(plain_name(name), []).insert(0, target.key)
    for target in offered:
        for name in ALIASES.get(target.key, "").split(","):
            by_name.setdefault(plain_name(name), []).append(target.key)
    taken: set[str] = set()
    return [_free(by_name.get(plain_name(header), ()), taken) for header in headers]


def _free(keys: Sequence[str], taken: set[str]) -> str:
    key = next((key for key in keys if key and (key in LISTS or key not in taken)), "")
    taken.add(key)
    return key


def wrong_with(kind: str, mapping: Sequence[str], offered: Sequence[Target]) -> list[tuple[str, str]]:
    """What is wrong with a mapping: pairs of the id of a field ("" for the whole) and a sentence."""
    labels = {target.key: target.label for target in offered}
    found = [
        (f"column-{place}", "Choose one of the list.") for place, key in enumerate(mapping) if key and key not in labels
    ]
    for place, key in enumerate(mapping):
        if key in labels and key not in LISTS and key in mapping[:place]:
            found.append((f"column-{place}", f"Two columns go into {labels[key]}. Leave one of them out."))
    needed, words = NAMES.get(kind, (("name",), "the name"))
    if not set(needed) & set(mapping):
        found.append(("", f"Say which column has {words}."))
    return found
