import type { Random } from './random.ts';

/** First and last names that go together. Every list has as many as the others, so that each pair has a number. */
const peoples = [
  {
    first:
      'Emma Olivia Ava Grace Chloe Lucy Hannah Megan Alice Ruth James Oliver Henry Jack Thomas George Samuel Daniel Peter Adam',
    last: 'Smith Taylor Walker Hughes Bennett Cooper Harrison Foster Marshall Webb Palmer Spencer Barnes Holloway Pearson Whitfield Ashworth Carter Doyle Reid',
  },
  {
    first:
      'Anna Lena Sophie Marie Clara Johanna Katrin Ute Heike Franziska Jonas Lukas Felix Moritz Stefan Jürgen Dieter Matthias Tobias Jörg',
    last: 'Müller Schneider Fischer Weber Becker Hoffmann Schäfer Koch Richter Wolf Neumann Zimmermann Krüger Hartmann Lehmann Köhler Vogel Winkler Brandt Seidel',
  },
  {
    first:
      'Camille Léa Manon Chloé Élodie Aurélie Juliette Margaux Hélène Sylvie Louis Hugo Antoine Mathieu François Étienne Rémi Benoît Luc Pascal',
    last: 'Martin Bernard Dubois Moreau Laurent Lefèvre Girard Mercier Fontaine Rousseau Chevalier Gauthier Perrin Renaud Blanchard Marchand Leclerc Vidal Aubert Roche',
  },
  {
    first:
      'Lucía Carmen Elena Marta Inés Rocío Paula Beatriz Noelia Sofía Javier Álvaro Diego Sergio Andrés Rubén Óscar Martín Nicolás Iván',
    last: 'García Fernández López Sánchez Romero Navarro Torres Domínguez Vázquez Ramos Gil Serrano Blanco Molina Ortega Delgado Castro Rubio Marín Iglesias',
  },
  {
    first:
      'Giulia Chiara Francesca Martina Elisa Valentina Ilaria Paola Silvia Giorgia Marco Luca Matteo Andrea Davide Simone Paolo Stefano Riccardo Nicolò',
    last: 'Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Conti Gallo Costa Fontana Caruso Mancini Rinaldi Lombardi Moretti Barbieri',
  },
  {
    first:
      'Ingrid Astrid Sara Elin Maja Freja Linnea Karin Signe Tuva Erik Lars Nils Magnus Henrik Oskar Anders Mikael Emil Viktor',
    last: 'Andersson Johansson Lindberg Nyström Sandström Berg Holm Dahl Lund Hansen Nielsen Solberg Haugen Eriksen Lindqvist Ekström Forsberg Hedlund Bakken Strand',
  },
  {
    first:
      'Priya Ananya Kavya Meera Nisha Divya Shreya Pooja Lakshmi Asha Arjun Rohan Vikram Rahul Sanjay Anil Karthik Nikhil Suresh Varun',
    last: 'Sharma Patel Iyer Nair Reddy Mehta Kapoor Desai Joshi Rao Menon Bhatt Chopra Kulkarni Pillai Banerjee Ghosh Malhotra Verma Shetty',
  },
  {
    first:
      'Yuki Aiko Haruka Sakura Naomi Mei Keiko Rina Emi Kaori Hiroshi Kenji Takashi Daiki Ren Sota Makoto Yuto Akira Shinji',
    last: 'Tanaka Suzuki Watanabe Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Matsumoto Inoue Kimura Hayashi Shimizu Mori Ikeda Hashimoto Ogawa Ishikawa',
  },
].map(({ first, last }) => ({ first: first.split(' '), last: last.split(' ') }));

const namesPerList = 20;
const peopleCount = peoples.length * namesPerList * namesPerList;
/** A prime near the golden section of their number: one after the other, people have little in common, and all get their turn. */
const stride = 1979;

// Reserved for documents (RFC 2606): nobody gets mail by mistake.
const mailDomains = ['example.com', 'example.org', 'example.net'];

export interface Person {
  readonly name: string;
  readonly firstName: string;
  /** Of no other person of the sequence. */
  readonly email: string;
}

/** The person with this number in an endless sequence. Names come again after 3,200, then with another address. */
export function personAt(index: number): Person {
  const place = (index * stride) % peopleCount;
  const turn = Math.floor(index / peopleCount);
  const people = peoples[place % peoples.length];
  const pair = Math.floor(place / peoples.length);
  const firstName = people?.first[pair % namesPerList] ?? '';
  const lastName = people?.last[Math.floor(pair / namesPerList)] ?? '';
  const suffix = Math.floor(turn / mailDomains.length);
  const mailbox = `${plainLetters(firstName)}.${plainLetters(lastName)}${suffix === 0 ? '' : suffix + 1}`;
  return {
    name: `${firstName} ${lastName}`,
    firstName,
    email: `${mailbox}@${mailDomains[(place + turn) % mailDomains.length]}`,
  };
}

export const plainLetters = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const companyNames =
  'Alder Northwind Brightwater Cobalt Driftwood Evergreen Fairlane Granite Harborview Ironbridge Juniper Kestrel Lakeside Meridian Nordlicht Oakfield Pinecrest Quarry Ridgeline Silverbirch Tidewater Umber Vantage Westbrook Yarrow Zephyr'.split(
    ' ',
  );
const companyTrades = [
  'Architects',
  'Studios',
  'Engineering',
  'Consulting',
  'Survey',
  'Media',
  'Publishing',
  'Design',
  'Accounting',
  'Laboratories',
  'Logistics',
  'Construction',
  'Film',
  'Academy',
  'Clinic',
  'Energy',
];
const companyForms = ['', '', ' Ltd', ' GmbH', ' Inc', ' AB', ' SARL', ' & Partners'];

export const companyName = (random: Random): string =>
  `${random.pick(companyNames)} ${random.pick(companyTrades)}${random.pick(companyForms)}`;

/** Of the numbers that are kept for fiction: nobody's telephone rings. */
export const fictionalPhone = (random: Random): string =>
  `+1 ${random.pick(['202', '312', '415', '617', '737'])} 555 01${random.text('0123456789', 2)}`;
