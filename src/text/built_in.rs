//! Two grammars of English, to write with.

use super::grammar::Grammar;

impl Grammar {
    /// Sentences of ten words, each in its slot: *two captains never steered their ship without their parrot yesterday*.
    ///
    /// 86 words, 311,040 sentences, 176 states, 12.54 nats. Its attributes, each told by the words: `topic` (sea, city,
    /// garden, space), `number` (one, many), `gender` (she, he, they: both pronouns), `tense` (past, present, future: the
    /// verb, and the last word), `polarity` (affirmed, negated).
    ///
    /// ```
    /// use diffusion_intuition::text::Grammar;
    ///
    /// let grammar = Grammar::aligned();
    /// let wanted = [("topic", "sea"), ("tense", "past"), ("polarity", "negated")];
    /// let (narrow, p) = grammar.given(&wanted)?;
    /// assert!((p - 1. / 24.).abs() < 1e-12);
    /// assert!(narrow.entropy() < grammar.entropy());
    ///
    /// let words = grammar.vocabulary();
    /// let sentence = words.parse("the captain won't steer his boat with her crew tomorrow", 10)?;
    /// assert_eq!(grammar.first_error(&sentence)?, Some(7)); // his boat, her crew
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    pub fn aligned() -> Self {
        Self::new(ALIGNED, 10).expect("a valid description")
    }

    /// Sentences with parts that may be left out or stand elsewhere, so that words move, in 16 places: *now this quiet
    /// captain does not steer every boat behind the church*.
    ///
    /// 81 words with the padding, 54 million sentences, 330 states, 14.84 nats. Its attributes: `topic` (sea, city,
    /// garden), `number` (one, many), `tense` (past, present), `polarity` (affirmed, negated), and `when`: where a word
    /// of time stands (early, late, unsaid).
    pub fn free() -> Self {
        Self::new(FREE, 16).expect("a valid description")
    }
}

const ALIGNED: &str = "
    topic    = sea | city | garden | space
    number   = one | many
    gender   = she [one] | he [one] | they [many]
    tense    = past | present | future
    polarity = affirmed | negated

    the | this [one] | that [one] | one [one] | these [many] | those [many] | two [many]

    captain [sea one]     | captains [sea many]     | sailor [sea one]    | sailors [sea many]
    | engineer [city one] | engineers [city many]   | painter [city one]  | painters [city many]
    | gardener [garden one] | gardeners [garden many] | farmer [garden one] | farmers [garden many]
    | pilot [space one]   | pilots [space many]     | doctor [space one]  | doctors [space many]

    often [past/present affirmed] | always [past/present affirmed] | will [future affirmed]
    | never [past/present negated] | seldom [past/present negated] | won't [future negated]

    painted [past]           | paints [present one]          | paint [present many] | paint [future]
    | found [past]           | finds [present one]           | find [present many] | find [future]
    | steered [sea past]     | steers [sea present one]      | steer [sea present many] | steer [sea future]
    | built [city past]      | builds [city present one]     | build [city present many] | build [city future]
    | watered [garden past]  | waters [garden present one]   | water [garden present many] | water [garden future]
    | launched [space past]  | launches [space present one]  | launch [space present many] | launch [space future]

    her [she] | his [he] | their [they]

    ship [sea] | boat [sea] | raft [sea] | bridge [city] | tower [city] | house [city]
    | orchard [garden] | hedge [garden] | roses [garden] | rocket [space] | probe [space] | satellite [space]

    with | without | near | behind | beside | for

    her [she] | his [he] | their [they]

    crew [sea] | parrot [sea] | cook [sea] | team [city] | mayor [city] | client [city]
    | goat [garden] | donkey [garden] | dog [garden] | robot [space] | navigator [space] | computer [space]

    yesterday [past] | before [past] | today [present] | now [present] | tomorrow [future] | soon [future]
";

const FREE: &str = "
    topic    = sea | city | garden
    number   = one | many
    tense    = past | present
    polarity = affirmed *2 | negated
    when     = early | late | unsaid *2

    yesterday [early past] | once [early past] | today [early present] | now [early present]
    | - [late/unsaid]

    the *3 | this [one] | one [one] | these [many] | two [many]

    - *12 | old | young | tired | proud | quiet | clever

    captain [sea one]       | captains [sea many]     | sailor [sea one]    | sailors [sea many]
    | engineer [city one]   | engineers [city many]   | painter [city one]  | painters [city many]
    | gardener [garden one] | gardeners [garden many] | farmer [garden one]   | farmers [garden many]
    | diver [sea one]       | divers [sea many]       | mason [city one]      | masons [city many]
    | botanist [garden one] | botanists [garden many]

    - *4 [affirmed] | often [affirmed] | gladly [affirmed]
    | did not [past negated] | does not [present one negated] | do not [present many negated]

    painted [past affirmed]          | paints [present one affirmed]         | paint [present many affirmed] | paint [negated]
    | found [past affirmed]          | finds [present one affirmed]          | find [present many affirmed] | find [negated]
    | steered [sea past affirmed]    | steers [sea present one affirmed]     | steer [sea present many affirmed] | steer [sea negated]
    | built [city past affirmed]     | builds [city present one affirmed]    | build [city present many affirmed] | build [city negated]
    | watered [garden past affirmed] | waters [garden present one affirmed]  | water [garden present many affirmed] | water [garden negated]

    the *3 | a | every

    ship [sea]       | boat [sea]     | raft [sea]     | ferry [sea]
    | bridge [city]  | tower [city]   | house [city]   | street [city]
    | tree [garden]  | hedge [garden] | rose [garden]  | lawn [garden]

    - *9 | alone | slowly | again

    - *8 | near the market | near the church | behind the market | behind the church

    - *8 | with a friend | with a plan | without a friend | without a plan

    yesterday [late past] | before [late past] | today [late present] | now [late present]
    | - [early/unsaid]
";
