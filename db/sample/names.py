"""Names to draw from. None is a person: forenames and surnames are combined by chance."""

FORENAMES = (
    "Ada Aisha Alba Amir Anaya Arlo Asher Beatrix Billie Callum Carys Chidi Cora Daisy Dev Edie Eli Elsie Emre Esme Ezra Faith Farah "
    "Felix Finn Freya Gethin Gia Hana Harvey Hassan Hugo Ibrahim Ida Imogen Iris Isaac Ivy Jaya Joel Jonah Kai Kezia Kofi Lena Leo Lila "
    "Luca Mabel Maja Malik Marnie Maya Mia Milo Mina Musa Nadia Nell Niamh Noor Olive Oscar Otis Pia Poppy Priya Quinn Rafi Reuben Rhys "
    "Rory Rosa Ruby Sami Sana Seth Simran Sol Tariq Tess Theo Tilly Toby Uma Vera Wilf Xanthe Yara Yusuf Zac Zofia Zuri "
).split()
SURNAMES = (
    "Abbott Adeyemi Ahmed Akhtar Ashworth Bailey Banerjee Barlow Begum Bennett Bianchi Blackwood Booth Brennan Carr Chaudhry Clegg "
    "Coleman Costa Cooper Crowther Dacosta Davies Dawson Dhillon Doyle Eastwood Edwards Eze Farrell Fielding Fletcher Foster Gallagher "
    "Garside Gill Greenhalgh Haigh Hargreaves Hassan Holroyd Hussain Ibrahim Iqbal Jackson Kaczmarek Kaur Kay Khan Kowalska Lal Lawson "
    "Lister Lloyd Lumb Mahmood Marsden Mensah Mills Moss Murphy Naylor Novak Nowak O'Brien Okafor Okoro Osei Parr Patel Peña-Ruiz "
    "Petrov Pickles Quarmby Rahman Ramsden Rashid Reid Robinson Rossi Sandhu Schofield Shah Sharpe Silva Singh Stead Sutcliffe Sykes "
    "Tanaka Thackray Uddin Varley Wadsworth Walsh Whitaker Wong Yilmaz Young Zaman "
).split()
STREETS = ("Albion Bridge Chapel Church Dale Elm Garden Hill King Lark Mill North Orchard Park Quarry River School Station Vale West ").split()
SCHOOLS = (
    ("Beacon Hill Primary", "primary"),
    ("Castle Vale Primary", "primary"),
    ("Dovecote Lane Infant School", "infant"),
    ("Elmfield Junior School", "junior"),
    ("Fernbank Academy", "secondary"),
    ("Granary Road Academy", "secondary"),
    ("Harrow Mere All-Through School", "all-through"),
    ("Ivy House Primary", "primary"),
)
COUNCILS = (("901", "Northmoor Council"), ("902", "Eastvale Council"), ("903", "Southmere Council"), ("904", "Westbrook Council"))
"""Codes from 901 belong to no English authority that issues plans here; the names are invented."""
