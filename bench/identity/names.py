"""Invented populations' names, by origin: the common ones in order, and pieces that rare surnames are made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Names of one origin, commonest first; ``steep`` says how concentrated the surnames are."""

    share: float
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    #: the share of people whose surname is made of pieces instead
    rare: float
    heads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    steep: float = 0.8


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BRITISH = Origin(
    share=0.72,
    men=_words(
        "David John Michael Paul Andrew Peter James Robert Stephen Mark Richard William Christopher Thomas Daniel Ian "
        "Alan Kevin Matthew Anthony Simon Brian Jack George Martin Philip Steven Benjamin Alexander Joshua Samuel "
        "Nicholas Keith Graham Joseph Kenneth Adam Stuart Neil Luke Ryan Colin Gary Jonathan Edward Charles Oliver "
        "Harry Barry Derek Dennis Terence Roger Nigel Raymond Geoffrey Dean Craig Lee Jason Darren Scott Sean Gareth "
        "Ronald Trevor Malcolm Gordon Douglas Eric Leonard Frank Frederick Albert Arthur Harold Stanley Ernest Walter "
        "Norman Alfred Reginald Cyril Liam Connor Jordan Kieran Callum Lewis Nathan Aaron Jake Kyle Bradley Rhys Owen "
        "Dylan Alfie Archie Freddie Theo Noah Leo Oscar Henry Max Toby Elliot Louis Harvey Finley Ethan Mason Logan "
        "Jacob Charlie Isaac Tyler Reece Curtis Marcus Justin Adrian Clive Howard Maurice Victor Hugh Gerald Patrick"
    ),
    women=_words(
        "Susan Margaret Sarah Karen Elizabeth Mary Patricia Christine Linda Julie Emma Laura Jacqueline Helen Claire "
        "Jennifer Amanda Catherine Rebecca Nicola Michelle Alison Lisa Deborah Janet Carol Joanne Jane Barbara Ann "
        "Sandra Louise Sharon Angela Samantha Tracey Rachel Victoria Charlotte Lucy Hannah Gemma Katherine Dorothy "
        "Jean Joan Pauline Maureen Sheila Brenda Kathleen Irene Doris Joyce Edith Gladys Winifred Hilda Florence Vera "
        "Marjorie Sylvia Eileen Beryl Lilian Gillian Wendy Lesley Dawn Donna Maria Heather Stacey Kelly Natalie Amy "
        "Jessica Chloe Sophie Olivia Emily Megan Lauren Bethany Georgia Abigail Grace Ella Lily Mia Ruby Poppy Isla "
        "Evie Freya Daisy Phoebe Alice Rosie Holly Molly Eleanor Zoe Imogen Leah Paige Jade Amber Kirsty Frances Ruth "
        "Judith Rosemary Diane Lynne Anne Valerie Marion Yvonne Hazel Audrey Ivy Rose Ellen Stephanie Caroline Fiona"
    ),
    surnames=_words(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts "
        "Green Hall Wood Jackson Clarke Patel Thomas Lewis Harris Martin Cooper King Clark Baker Ward Moore Turner Hill "
        "Scott Morris Watson Harrison Morgan Allen Edwards Lee Bell Parker Phillips Cook Price Bennett Young Shaw "
        "Griffiths Mitchell Richardson Carter Collins Cox Bailey Marshall Simpson Miller Murphy Adams Murray Mills "
        "Webb Ellis Rogers Gray Stevens Palmer Mason Hunt Chapman Powell Holmes Campbell Kelly Foster Gibson Barnes "
        "Lloyd Butler Matthews Knight Russell Barker Stewart Fisher Dixon Reynolds Fletcher Graham Reid Pearson Brooks "
        "Andrews Hughes Payne Fox Walsh Atkinson Dawson Hart Ford Saunders Lane West Day Bradley Ross Burton Cole Gill "
        "Lawrence Ball Wells Nicholson Booth Dean Hudson Armstrong Perry Newman Watts Francis Harvey Lowe Carr Rowe "
        "Grant Cunningham Hayes Austin Osborne Hawkins Sharp Riley Elliott Barrett Jenkins Pritchard Rees Bowen Howells"
    ),
    rare=0.55,
    heads=_words(
        "Ash Black Brad Brook Burn Cald Carl Chad Cran Cross Dun East El Far Fen Gar Gold Hal Ham Har Hart Hather Haw "
        "Hel Hol Hurst Kel Kings Lam Lang Ley Lin Long Mar Mel Mer Mid Nor Oak Old Pen Pick Rad Red Rother Row Sand "
        "Shel Sher Stan Staple Sut Swan Thorn Tor Tre Under Wal War Wat Wel West Whit Win Wood Wool Wor Wy"
    ),
    tails=_words(
        "bourne bridge brook burn bury by combe cott croft dale den don field ford gate grave ham hurst ing land ley "
        "lock low man mere more ness ridge shaw side stead stock ston stone thorpe ton wade wall ward well wick win "
        "wood worth worthy yard"
    ),
)
SOUTH_ASIAN = Origin(
    share=0.11,
    men=_words(
        "Mohammed Muhammad Ali Imran Ahmed Hassan Abdul Tariq Khalid Usman Omar Bilal Hamza Ibrahim Yusuf Faisal Asif "
        "Nadeem Rashid Shahid Amir Zahid Waqas Adnan Kamran Raj Amit Sanjay Rajesh Vijay Anil Sunil Harpreet Gurpreet "
        "Manjit Balwinder Ravi Deepak Ashok Mohan Zain Haroon Junaid Salman Suleman Ismail Iqbal Aziz Farooq Naveed"
    ),
    women=_words(
        "Fatima Aisha Zainab Maryam Khadija Amina Nadia Saima Farah Shabana Rukhsana Nasreen Samina Rubina Shazia "
        "Priya Anita Sunita Meena Kavita Harpreet Manjit Jaspreet Sandeep Kiran Neha Pooja Geeta Rekha Hafsa Sana "
        "Iqra Noor Sumaiya Yasmin Tahira Nazia Bushra Rehana Parveen Naseem Ayesha Halima Salma Rabia Mehwish"
    ),
    surnames=_words(
        "Khan Patel Hussain Ahmed Ali Singh Begum Kaur Mohammed Akhtar Shah Mahmood Malik Iqbal Rahman Bibi Sharma "
        "Miah Uddin Hussein Chaudhry Mirza Butt Sheikh Raja Kumar Gill Dhillon Sandhu Bhatti Qureshi Siddiqui Aziz "
        "Rashid Rehman Hassan Islam Chowdhury Das Desai Mistry Joshi Gupta Rao Reddy Nair Verma Mehta Bhatt Anwar"
    ),
    rare=0.1,
    heads=_words("Chand Bal Raj Gopal Krish Nar Sub Venk Shan Mah Jay Ram"),
    tails=_words("an ani ar esh war wal nathan aswamy ani deep want raman"),
    steep=1.05,
)
AFRICAN = Origin(
    share=0.05,
    men=_words(
        "Emmanuel Samuel David Daniel Abdi Mohamed Ahmed Ibrahim Kwame Kofi Chidi Emeka Olu Tunde Segun Femi Yusuf "
        "Abdullahi Hassan Joseph Michael Peter Tendai Tafara Kojo Yaw Ade Babajide Ikenna Uche Mustafa Omar Solomon"
    ),
    women=_words(
        "Grace Blessing Mary Fatima Amina Khadija Hodan Ifrah Abena Akosua Ama Chioma Ngozi Adaeze Funmi Folake Yetunde "
        "Esther Ruth Deborah Joy Mercy Comfort Patience Rutendo Tariro Halima Zahra Asha Maryan Sahra Efua Amaka Ifeoma"
    ),
    surnames=_words(
        "Mohamed Ali Ahmed Hassan Abdi Mensah Owusu Osei Boateng Asante Appiah Okafor Okeke Adeyemi Adebayo Ogunleye "
        "Okonkwo Eze Nwosu Obi Balogun Bello Ibrahim Yusuf Farah Warsame Moyo Ncube Sibanda Dube Kamara Sesay Conteh "
        "Koroma Bangura Addo Agyeman Amoah Ofori Adjei Danso Acheampong Akinola Afolabi Olawale Nwachukwu Chukwu"
    ),
    rare=0.3,
    heads=_words("Ade Ola Oke Chi Nwa Olu Aki Obi Ama Uzo Ogu Baba Ayo Eke Iwu"),
    tails=_words("bayo wale kunle yemi tunde leye dele sola nna kwu chi dike mbah oma jide toye"),
)
EAST_ASIAN = Origin(
    share=0.04,
    men=_words(
        "Wei Jun Ming Hao Jie Lei Chun Kai Yong Tao Ka-Ming Chi-Wai Wai-Man Kwok-Wing Siu-Ming Hung Minh Tuan Duc Quang "
        "Kevin Jason Eric Raymond Vincent Tony Jian-Guo Xiao-Long Zhi-Wei Ho-Yin"
    ),
    women=_words(
        "Li Fang Na Min Jing Yan Xiu Ying Mei Hui Ling Xia Wai-Ling Siu-Fong Ka-Yan Mei-Ling Lan Huong Thuy Linh Mai "
        "Grace Vivian Winnie Joyce Karen Xiao-Yan Yu-Ting Hiu-Tung Suk-Yee"
    ),
    surnames=_words(
        "Wong Chan Li Wang Chen Zhang Liu Lam Ho Cheung Ng Lau Leung Yang Huang Nguyen Tran Le Pham Zhao Wu Zhou Xu Sun "
        "Lin Tang Yip Fung Tsang Kwok Yeung Hui Mak Chow Law Choi Kwan Tse Lee Ma Zhu Hu Guo He Gao Vu Hoang Dang Bui Do"
    ),
    rare=0.02,
    heads=_words("Ou Si Shang Zhu"),
    tails=_words("yang tu guan ge"),
    steep=0.9,
)
EAST_EUROPEAN = Origin(
    share=0.08,
    men=_words(
        "Piotr Krzysztof Andrzej Tomasz Pawel Jan Michal Marcin Jakub Adam Lukasz Marek Grzegorz Mateusz Dawid Rafal "
        "Andrei Ion Mihai Alexandru Cristian Florin Ivan Georgi Dimitar Vitalijs Janis Tomas Darius Oleksandr Serhii"
    ),
    women=_words(
        "Anna Maria Katarzyna Malgorzata Agnieszka Barbara Ewa Magdalena Joanna Monika Aleksandra Natalia Karolina "
        "Paulina Justyna Elena Ioana Andreea Mihaela Alina Oksana Olena Iryna Kateryna Inga Jurgita Kristina Rasa Ilze"
    ),
    surnames=_words(
        "Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski Kozlowski "
        "Jankowski Mazur Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zajac Pawlowski Michalski Popescu Ionescu "
        "Popa Radu Dumitru Stan Stoica Gheorghe Ivanov Georgiev Dimitrov Petrov Berzins Kalnins Kazlauskas Petrauskas "
        "Shevchenko Kovalenko Bondarenko Tkachenko Melnyk Boyko"
    ),
    rare=0.45,
    heads=_words("Jan Mar Wit Krzem Bor Stan Pol Gor Zal Kras Woj Sob Tar Lub Wol Mal Rad"),
    tails=_words("kowski czak inski ecki owicz czyk ewski asik uk enko ov escu"),
)
ORIGINS = {
    "british": BRITISH,
    "south_asian": SOUTH_ASIAN,
    "african": AFRICAN,
    "east_asian": EAST_ASIAN,
    "east_european": EAST_EUROPEAN,
}
#: one written name in two Latin spellings
SPELLINGS = {
    "Mohammed": ("Muhammad", "Mohamed", "Mohammad", "Muhammed"),
    "Muhammad": ("Mohammed", "Mohamed", "Mohammad"),
    "Mohamed": ("Mohammed", "Muhammad"),
    "Ahmed": ("Ahmad", "Ahmet"),
    "Hussain": ("Hussein", "Husain", "Hossain"),
    "Hussein": ("Hussain", "Husain"),
    "Yusuf": ("Yousuf", "Yusof", "Youssef"),
    "Aisha": ("Ayesha", "Aysha"),
    "Ayesha": ("Aisha", "Aysha"),
    "Fatima": ("Fatema", "Fathima"),
    "Khadija": ("Khadijah", "Kadija"),
    "Hassan": ("Hasan",),
    "Usman": ("Osman", "Uthman"),
    "Omar": ("Umar", "Omer"),
    "Zainab": ("Zaynab",),
    "Maryam": ("Mariam",),
    "Mahmood": ("Mahmoud", "Mehmood"),
    "Rahman": ("Rehman",),
    "Chaudhry": ("Choudhury", "Chaudhary", "Chowdhry"),
    "Chowdhury": ("Choudhury", "Chaudhury"),
    "Zhang": ("Cheung",),
    "Cheung": ("Zhang",),
    "Wong": ("Huang", "Wang"),
    "Oleksandr": ("Aleksandr", "Alexander"),
    "Kateryna": ("Ekaterina", "Katerina"),
    "Sean": ("Shaun", "Shawn"),
    "Stephen": ("Steven",),
    "Catherine": ("Katherine", "Kathryn"),
    "Ann": ("Anne",),
    "Lesley": ("Leslie",),
    "Clarke": ("Clark",),
    "Philip": ("Phillip",),
    "Sarah": ("Sara",),
    "Tracey": ("Tracy",),
}
PET_FORMS = {
    "Robert": ("Bob", "Rob", "Bobby"), "William": ("Bill", "Will", "Billy"), "Margaret": ("Maggie", "Peggy", "Meg"),
    "Elizabeth": ("Liz", "Beth", "Betty"), "Patricia": ("Pat", "Trish"), "Christopher": ("Chris",),
    "Michael": ("Mike", "Mick"), "David": ("Dave",), "Susan": ("Sue",), "Katherine": ("Kate", "Kathy"),
    "Anthony": ("Tony",), "Andrew": ("Andy",), "Stephen": ("Steve",), "Thomas": ("Tom",), "James": ("Jim", "Jamie"),
    "Richard": ("Dick", "Rick"), "Joanne": ("Jo",), "Deborah": ("Debbie",), "Jennifer": ("Jenny",),
    "Samuel": ("Sam",), "Samantha": ("Sam",), "Nicholas": ("Nick",), "Daniel": ("Dan", "Danny"),
    "Dorothy": ("Dot",), "Edward": ("Ted", "Ed"), "Frederick": ("Fred",), "Rebecca": ("Becky",),
    "Victoria": ("Vicky",), "Geoffrey": ("Geoff",), "Ronald": ("Ron",), "Kenneth": ("Ken",), "Gillian": ("Gill",),
}  # fmt: skip
STREETS = _words(
    "High Station Church Park Victoria Green Manor Kings Queens Mill School Grange North South West East London York "
    "Chester Albert Stanley Windsor Grove Elm Oak Ash Beech Cedar Willow Orchard Chapel Bridge Castle Market New "
    "Springfield Richmond Alexandra Clarence Meadow Highfield Woodland Hillside Riverside Broad Cross Union George"
)
ENDINGS = _words("Street Road Lane Avenue Close Drive Way Gardens Crescent Court Place Terrace Walk Row")
